"""The four system calls whose order makes a commit durable, as a port so that the order can be watched."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from modelyard.infra.blobs.errors import StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Disk(Protocol):
    """What must reach the disk, step by step."""

    def sync_file(self, handle: int) -> None:
        """Return when the content of an open file is on the disk."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in the place of another, atomically."""
        ...

    def make_directory(self, path: Path) -> None:
        """Create a directory; harmless when it exists."""
        ...

    def sync_directory(self, path: Path) -> None:
        """Return when the names in a directory are on the disk."""
        ...


class RealDisk:
    """The operating system's calls."""

    def sync_file(self, handle: int) -> None:
        """Return when the content of an open file is on the disk."""
        os.fsync(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in the place of another, atomically."""
        os.rename(source, target)  # noqa: PTH104 - the system call that the tests watch

    def make_directory(self, path: Path) -> None:
        """Create a directory; harmless when it exists."""
        path.mkdir(exist_ok=True)

    def sync_directory(self, path: Path) -> None:
        """Return when the names in a directory are on the disk."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def full_disk_has_a_name() -> Iterator[None]:
    """Raise `StorageFull` for what the operating system says when a disk, a quota or a limit is full."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise
