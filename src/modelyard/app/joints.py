"""Answers of higher rooms to questions that lower rooms may not ask them directly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from modelyard import hub, serving
from modelyard.accounts import Actor
from modelyard.hub import RepoKind, RepoNotFound, RepoPath
from modelyard.infra.blobs import BlobStore
from modelyard.kernel import DeploymentId, InvalidInput, RepoId
from modelyard.pricing import Product
from modelyard.serving import Repositories, ServedFile
from modelyard.serving.errors import DeploymentNotFound


@dataclass(frozen=True, slots=True)
class HubRepositories:
    """What serving asks of the hub: `serving.Repositories`."""

    blobs: BlobStore

    def find_file(self, session: Session, *, actor: Actor, repo: str, revision: str, path: str) -> ServedFile:
        """Return a large file of a model repository, pinned to the commit that the revision stands for now."""
        namespace, slash, name = repo.partition("/")
        if not slash:
            raise InvalidInput(field="repo", name="repo", reason="write it like owner/name")
        repository = hub.see(session, actor=actor, path=RepoPath(RepoKind.MODEL, namespace, name))
        found = hub.resolve(session, repository, revision)
        entry = hub.file_at(session, found, path)
        large = entry.large
        if large is None:
            raise InvalidInput(field="file", name="file", reason="only large files, kept by their sha256, are served")
        return ServedFile(
            repo=repository.id,
            owner=repository.owner,
            name=str(repository.path),
            revision=found.commit.oid,
            path=path,
            sha256=large.sha256,
            size=large.size,
        )

    def readable(self, session: Session, *, actor: Actor, repo: RepoId) -> bool:
        """Tell whether the actor may see the repository; False for one that is gone."""
        try:
            hub.repository_by_id(session, actor=actor, repository=repo)
        except RepoNotFound:
            return False
        return True

    def blob_path(self, sha256: str) -> Path | None:
        """Where the bytes lie on this machine's disk; None when they do not."""
        return self.blobs.path(sha256)


@dataclass(frozen=True, slots=True)
class ServedProducts:
    """What pricing asks of serving: `pricing.ProductOwners`; what is sold is a deployment."""

    repositories: Repositories

    def find(self, session: Session, *, actor: Actor, product: DeploymentId) -> Product | None:
        """Return the deployment as a product, if the actor may see its repository."""
        try:
            found = serving.get_deployment(session, actor=actor, repositories=self.repositories, deployment=product)
        except DeploymentNotFound:
            return None
        return Product(found.id, found.owner)

    def titles(self, session: Session, products: Iterable[DeploymentId]) -> Mapping[DeploymentId, str]:
        """Return the names under which deployments are or were served."""
        return serving.names_of(session, products)
