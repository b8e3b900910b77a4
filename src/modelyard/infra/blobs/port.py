"""What every blob store offers."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from modelyard.infra.blobs.errors import InvalidDigest

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored content: its sha256 in lower-case hexadecimal, its size in bytes."""

    sha256: str
    size: int


def digest(text: str) -> str:
    """Return the text when it is a sha256 in lower-case hexadecimal; raises `InvalidDigest` otherwise."""
    if not _SHA256.fullmatch(text):
        raise InvalidDigest(field="sha256")
    return text


class Staging(Protocol):
    """Content on its way in, which nobody can see yet; a `with` block discards it unless it was committed.

    Used by one thread at a time.
    """

    @property
    def size(self) -> int:
        """Bytes written so far."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of the bytes written so far."""
        ...

    def write(self, data: bytes | memoryview) -> None:
        """Append; raises `StorageFull`. Pieces of a MiB and more are fastest."""
        ...

    def commit(self, *, expected_sha256: str | None = None, expected_size: int | None = None) -> Blob:
        """Verify and store, durably: what this returned survives a power cut.

        Content that the store has already is left as it is. Raises `DigestMismatch`, `SizeMismatch` or `StorageFull`,
        after which nothing is kept.
        """
        ...

    def discard(self) -> None:
        """Throw away; harmless after a commit."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class BlobStore(Protocol):
    """Content by sha256. Every digest that is not 64 hexadecimal digits raises `InvalidDigest`."""

    def stage(self) -> Staging:
        """Begin to store something; raises `StorageFull`."""
        ...

    def stat(self, sha256: str) -> Blob | None:
        """Return what is stored under a digest, None when there is nothing."""
        ...

    def path(self, sha256: str) -> Path | None:
        """Return a file of this machine that holds the content, None when the store keeps it elsewhere.

        Raises `BlobNotFound`. The file must not be written to.
        """
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Open content for reading, seekable; raises `BlobNotFound`."""
        ...

    def delete(self, sha256: str) -> bool:
        """Delete content, and tell whether there was any; raises `DeletionsHeld` during a backup.

        A reader that opened it before keeps it.
        """
        ...

    def iter(self) -> Iterator[Blob]:
        """Return all content, in order of digest, without loading the list."""
        ...

    def hold_deletions(self) -> AbstractContextManager[None]:
        """Let no process delete anything within the block."""
        ...
