"""One server for each SQLite folder, kept by a lock that ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.infra.settings import Settings
from modelyard.infra.startup.errors import AlreadyServed

LOCK_FILE = "server.lock"


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Be the only server of the data folder within the block; raises `AlreadyServed`.

    On PostgreSQL any number may serve, and nothing is locked.
    """
    if not settings.resolved_database_url.startswith("sqlite"):
        yield
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(settings.data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(process=_read(handle), folder=str(settings.data_dir)) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def holder(data_dir: Path) -> str | None:
    """Return the process number of the server of a folder; None when there is none."""
    try:
        handle = os.open(data_dir / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(handle)
    finally:
        os.close(handle)
    return None


def _read(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "?"
