"""What a backup holds; it is the archive's last member."""

import re
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from modelyard.infra.backup.errors import BackupDamaged

MANIFEST = "manifest.json"
SECRET_KEY = "secret.key"  # noqa: S105 - the name of a file
SQLITE_FILE = "database/modelyard.db"
_MEMBER = re.compile(r"database/modelyard\.db|database/[a-z][a-z0-9_]*\.copy|secret\.key|blobs/[0-9a-f]{64}", re.ASCII)
_BLOB = re.compile(r"blobs/([0-9a-f]{64})", re.ASCII)


class Member(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    size: int


class Manifest(BaseModel):
    """The archive's own description; `tables` (column names in order) and `sequences` are of PostgreSQL only."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    release: str
    made_at: datetime
    database: Literal["sqlite", "postgresql"]
    revision: str
    members: dict[str, Member]
    tables: dict[str, tuple[str, ...]] = {}
    sequences: dict[str, int] = {}

    @classmethod
    def parse(cls, text: bytes) -> "Manifest":
        """Read a manifest; raises `BackupDamaged`."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BackupDamaged(part=MANIFEST, reason=str(error.errors()[0]["msg"])) from error

    @property
    def blobs(self) -> int:
        """How many stored files the archive holds."""
        return sum(1 for name in self.members if blob_of(name))

    @property
    def bytes(self) -> int:
        """Size of all members together."""
        return sum(member.size for member in self.members.values())

    @property
    def has_key(self) -> bool:
        """Whether the secret key is in the archive."""
        return SECRET_KEY in self.members


def known_member(name: str) -> bool:
    """Tell whether an archive may hold a member of this name; no other name is ever made into a path."""
    return _MEMBER.fullmatch(name) is not None


def blob_of(name: str) -> str | None:
    """Return the sha256 of a stored file's member name, None for any other member."""
    found = _BLOB.fullmatch(name)
    return found[1] if found else None


def table_member(table: str) -> str:
    """Return the member name of a table's rows."""
    return f"database/{table}.copy"
