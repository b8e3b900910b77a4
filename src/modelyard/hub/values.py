"""What the verbs of the room return: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from modelyard.hub.rules.cards import Value
from modelyard.hub.rules.names import RepoPath
from modelyard.hub.rules.objects import ObjectType, Oid
from modelyard.hub.rules.trees import Entry
from modelyard.kernel import AccountId, RepoId


class Visibility(StrEnum):
    """Who sees a repository: everybody, or those who may read what its owner has."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository and what is known of its default branch; `used_bytes` is the size of the files there."""

    id: RepoId
    path: RepoPath
    owner: AccountId
    visibility: Visibility
    pool: int
    created_at: datetime
    modified_at: datetime
    downloads: int = 0
    likes: int = 0
    used_bytes: int = 0
    card: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None

    @property
    def private(self) -> bool:
        """Tell whether strangers must not learn that it exists."""
        return self.visibility is Visibility.PRIVATE


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that a ref has reached; `size` is the sum of all files at it."""

    oid: Oid
    parent: Oid | None
    tree: Oid
    line: int
    generation: int
    size: int
    title: str
    message: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit as somebody asked for it: `name` is the branch, tag or id of the request."""

    repository: Repository
    name: str
    commit: Commit


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref by its full name; `oid` differs from `commit` for an annotated tag."""

    name: str
    oid: Oid
    commit: Oid


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder by its whole path; `last_commit` is there if it was asked for."""

    path: str
    entry: Entry
    last_commit: Commit | None = None


@dataclass(frozen=True, slots=True)
class GitObject:
    """A git object as it is stored; `data` is its zlib stream, None where the bytes lie in the blob store."""

    oid: Oid
    kind: ObjectType
    size: int
    data: bytes | None
    notes: bytes | None = None
    sha256: str | None = None
