"""What the verbs of the room take and return: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from modelyard.accounts import Actor
from modelyard.kernel import AccountId, DeploymentId, DomainError, RepoId
from modelyard.serving.rules import Desired, Shape, Stage


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file of a repository at one commit: `name` is `owner/name`, `revision` the commit's 40 digits."""

    repo: RepoId
    owner: AccountId
    name: str
    revision: str
    path: str
    sha256: str
    size: int


class Repositories(Protocol):
    """What serving asks of the hub."""

    def find_file(self, session: Session, *, actor: Actor, repo: str, revision: str, path: str) -> ServedFile:
        """Return the file that a branch, tag or commit holds; raises the hub's own not-found errors."""
        ...

    def readable(self, session: Session, *, actor: Actor, repo: RepoId) -> bool:
        """Tell whether the actor may see the repository; False for one that is gone."""
        ...

    def blob_path(self, sha256: str) -> Path | None:
        """Where the bytes lie on this machine's disk; None when they do not."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """What a publisher asks for: a file of a repository, and how to serve it."""

    repo: str
    path: str
    revision: str = "main"
    shape: Shape = field(default_factory=Shape)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A published file that is served under its repository's name."""

    id: DeploymentId
    file: ServedFile
    engine: str
    shape: Shape
    desired: Desired
    created_at: datetime
    updated_at: datetime

    @property
    def owner(self) -> AccountId:
        """The account that sells its answers."""
        return self.file.owner

    @property
    def model(self) -> str:
        """The name by which requests ask for it."""
        return self.file.name


@dataclass(frozen=True, slots=True)
class Reached:
    """A deployment came to a stage; `failure` says why it failed and `during` in which stage."""

    stage: Stage
    at: datetime
    during: Stage | None = None
    failure: DomainError | None = None
