"""What /api/v1 says of repositories."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from modelyard.hub.rules.names import RepoKind
from modelyard.hub.values import Repository, Visibility

Kind = Annotated[RepoKind, Field(description="model, dataset or space.")]


class RepositoryWish(BaseModel):
    """A repository to be created."""

    kind: Kind = RepoKind.MODEL
    namespace: str = Field("", max_length=96, description="A user or organization; empty: the caller's own.")
    name: str = Field(max_length=96, examples=["tiny-chat"])
    visibility: Visibility = Visibility.PUBLIC


class RepositoryChange(BaseModel):
    """What may change of a repository; what is left out stays."""

    visibility: Visibility | None = None


class RepositoryOut(BaseModel):
    """A repository; `url` is the address of its page, sizes are in bytes."""

    id: str
    kind: Kind
    namespace: str
    name: str
    url: str
    visibility: Visibility
    created_at: datetime
    modified_at: datetime
    downloads: int
    likes: int
    used_bytes: int
    pipeline_tag: str | None
    library_name: str | None
    tags: list[str]
    card: dict[str, Any]

    @classmethod
    def of(cls, repository: Repository, url: str) -> "RepositoryOut":
        """Return what is told of a repository."""
        path = repository.path
        return cls(
            id=repository.id,
            kind=path.kind,
            namespace=path.namespace,
            name=path.name,
            url=url,
            visibility=repository.visibility,
            created_at=repository.created_at,
            modified_at=repository.modified_at,
            downloads=repository.downloads,
            likes=repository.likes,
            used_bytes=repository.used_bytes,
            pipeline_tag=repository.pipeline_tag,
            library_name=repository.library_name,
            tags=list(repository.tags),
            card=dict(repository.card),
        )


class RepositoryList(BaseModel):
    """One page of repositories; `next` is the cursor of the next one."""

    items: list[RepositoryOut]
    next: str | None
