"""The blob store on a local disk: `objects/ab/cd/<sha256>`, and `staging/` on the same file system."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from modelyard.infra.blobs.disk import Disk, RealDisk, full_disk_has_a_name
from modelyard.infra.blobs.errors import BlobNotFound, DeletionsHeld, DigestMismatch, SizeMismatch
from modelyard.infra.blobs.port import Blob, digest


class FileBlobs:
    """Blobs as files below `root`; any number of processes may share it.

    Each staging file is locked by its writer, so a lock that can be had marks the leftover of a dead one: those are
    swept when a store is opened.
    """

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        self._disk = disk or RealDisk()
        self._objects = root / "objects"
        self._staging = root / "staging"
        self._hold = root / "hold.lock"
        self._durable: set[Path] = set()
        root.mkdir(parents=True, exist_ok=True)
        for folder in (self._objects, self._staging):
            self._disk.make_directory(folder)
        for folder in (root, root.parent):
            self._disk.sync_directory(folder)
        self._sweep()

    def stage(self) -> "FileStaging":
        """Begin to store something; raises `StorageFull`."""
        with full_disk_has_a_name():
            while True:
                handle, name = tempfile.mkstemp(dir=self._staging)
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.fstat(handle).st_nlink:  # a sweeper may have come between creation and lock
                    return FileStaging(self, handle, Path(name))
                os.close(handle)

    def stat(self, sha256: str) -> Blob | None:
        """Return what is stored under a digest, None when there is nothing."""
        try:
            return Blob(sha256, self._place(sha256).stat().st_size)
        except FileNotFoundError:
            return None

    def path(self, sha256: str) -> Path:
        """Return the file that holds the content; raises `BlobNotFound`. It must not be written to."""
        place = self._place(sha256)
        if not place.exists():
            raise BlobNotFound(sha256=sha256)
        return place

    def open(self, sha256: str) -> BinaryIO:
        """Open content for reading; raises `BlobNotFound`."""
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError:
            raise BlobNotFound(sha256=sha256) from None

    def delete(self, sha256: str) -> bool:
        """Delete content, and tell whether there was any; raises `DeletionsHeld` during a backup."""
        place = self._place(sha256)
        with self._locked(fcntl.LOCK_SH | fcntl.LOCK_NB):
            try:
                place.unlink()
            except FileNotFoundError:
                return False
        return True

    def iter(self) -> Iterator[Blob]:
        """Return all content, in order of digest; one folder of names is in memory at a time."""
        for first in _names(self._objects):
            for second in _names(self._objects / first):
                for name in _names(self._objects / first / second):
                    if blob := self.stat(name):
                        yield blob

    @contextmanager
    def hold_deletions(self) -> Iterator[None]:
        """Let no process delete anything within the block."""
        with self._locked(fcntl.LOCK_EX):
            yield

    def adopt(self, staged: Path, blob: Blob) -> None:
        """Move a verified, synced file of this store's staging folder into its place, durably."""
        place = self._place(blob.sha256)
        self._prepare(place.parent)
        if self.stat(blob.sha256) == blob:
            staged.unlink()
        else:
            self._disk.rename(staged, place)
        self._disk.sync_directory(place.parent)  # also when it was there: its finder may be about to acknowledge it

    def sync(self, handle: int) -> None:
        """Return when the content of an open file is on the disk."""
        self._disk.sync_file(handle)

    def _place(self, sha256: str) -> Path:
        name = digest(sha256)
        return self._objects / name[:2] / name[2:4] / name

    def _prepare(self, folder: Path) -> None:
        if folder in self._durable:
            return
        for inner in (folder.parent, folder):
            self._disk.make_directory(inner)
            self._disk.sync_directory(inner.parent)  # even if it exists: its maker may have died before this
        self._durable.add(folder)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        handle = os.open(self._hold, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, how)
            except BlockingIOError:
                raise DeletionsHeld from None
            yield
        finally:
            os.close(handle)

    def _sweep(self) -> None:
        for name in _names(self._staging):
            leftover = self._staging / name
            with contextlib.suppress(FileNotFoundError, BlockingIOError), leftover.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink()


class FileStaging:
    """A locked file in the staging folder, hashed as it grows."""

    def __init__(self, store: FileBlobs, handle: int, path: Path) -> None:
        self._store = store
        self._handle = handle
        self._path = path
        self._hash = hashlib.sha256()
        self._open = True
        self.size = 0

    @property
    def sha256(self) -> str:
        """Digest of the bytes written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes | memoryview) -> None:
        """Append; raises `StorageFull`, after which the staging is discarded."""
        rest = memoryview(data).cast("B")
        self._hash.update(rest)
        self.size += len(rest)
        try:
            with full_disk_has_a_name():
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
        except BaseException:
            self.discard()
            raise

    def commit(self, *, expected_sha256: str | None = None, expected_size: int | None = None) -> Blob:
        """Verify and store, durably."""
        try:
            blob = self._verified(expected_sha256, expected_size)
            with full_disk_has_a_name():
                os.fchmod(self._handle, 0o440)
                self._store.sync(self._handle)
                self._store.adopt(self._path, blob)
        except BaseException:
            self.discard()
            raise
        self._close()
        return blob

    def discard(self) -> None:
        """Throw away; harmless after a commit."""
        if self._open:
            self._path.unlink(missing_ok=True)
            self._close()

    def _verified(self, expected_sha256: str | None, expected_size: int | None) -> Blob:
        if not self._open:
            raise ValueError("this staging was committed or discarded")
        if expected_size is not None and expected_size != self.size:
            raise SizeMismatch(field="size", expected=expected_size, actual=self.size)
        if expected_sha256 is not None and digest(expected_sha256) != self.sha256:
            raise DigestMismatch(field="sha256", expected=expected_sha256, actual=self.sha256)
        return Blob(self.sha256, self.size)

    def _close(self) -> None:
        self._open = False
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.discard()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths
    except FileNotFoundError:
        return []
