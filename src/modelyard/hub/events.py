"""What the room announces through the outbox."""

from dataclasses import dataclass
from typing import ClassVar

from modelyard.kernel import AccountId, RepoId


@dataclass(frozen=True, slots=True)
class RepoCreated:
    """A repository came to be."""

    name: ClassVar[str] = "repo.created"

    repository: RepoId

    @property
    def subject(self) -> str:
        """The repository."""
        return self.repository


@dataclass(frozen=True, slots=True)
class RepoDeleted:
    """A repository is gone; its id stays known, its name is free."""

    name: ClassVar[str] = "repo.deleted"

    repository: RepoId

    @property
    def subject(self) -> str:
        """The repository."""
        return self.repository


@dataclass(frozen=True, slots=True)
class RepoVisibilityChanged:
    """A repository was shown to everybody, or hidden."""

    name: ClassVar[str] = "repo.visibility_changed"

    repository: RepoId
    visibility: str

    @property
    def subject(self) -> str:
        """The repository."""
        return self.repository


@dataclass(frozen=True, slots=True)
class CommitLanded:
    """A branch moved to a new commit; `ref` is the full name."""

    name: ClassVar[str] = "commit.landed"

    repository: RepoId
    ref: str
    commit: str
    author: AccountId | None

    @property
    def subject(self) -> str:
        """The repository."""
        return self.repository
