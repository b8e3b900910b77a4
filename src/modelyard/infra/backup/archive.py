"""Write an archive: members one after the other, hashed as they pass, and the manifest at the end."""

import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import BinaryIO

from modelyard.infra.backup.errors import BackupDamaged
from modelyard.infra.backup.manifest import MANIFEST, Manifest, Member


class HashedReader(io.RawIOBase):
    """A file that knows the digest of what was read from it."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of the bytes read so far."""
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """Read and remember."""
        data = self._inner.read(size)
        self._hash.update(data)
        return data


class Archive:
    """A tar file that is being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `finish`
        self._tar.copybufsize = 1 << 20  # type: ignore[attr-defined]  # documented since 3.7, and not in the stubs
        self.members: dict[str, Member] = {}

    def add(self, name: str, content: BinaryIO, size: int, *, expected: str | None = None) -> None:
        """Add a member; raises `BackupDamaged` when its content is shorter than said or is not as `expected`."""
        reader = HashedReader(content)
        try:
            self._tar.addfile(_entry(name, size), reader)
        except OSError as error:
            if "unexpected end of data" not in str(error):
                raise
            raise BackupDamaged(part=name, reason="it is shorter than it was") from error
        if expected is not None and reader.sha256 != expected:
            raise BackupDamaged(part=name, reason="its content does not have its sha256")
        self.members[name] = Member(sha256=reader.sha256, size=size)

    def add_file(self, name: str, path: Path) -> None:
        """Add a file of the disk."""
        with path.open("rb") as file:
            self.add(name, file, os.fstat(file.fileno()).st_size)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest and end the archive."""
        text = manifest.model_dump_json(indent=1).encode()
        self._tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
        self._tar.close()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    return entry
