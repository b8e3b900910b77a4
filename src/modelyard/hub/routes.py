"""Repositories under /api/v1."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from modelyard.accounts import require_user
from modelyard.accounts.http import Authenticator
from modelyard.hub.rules.names import RepoKind, RepoPath
from modelyard.hub.schemas import RepositoryChange, RepositoryList, RepositoryOut, RepositoryWish
from modelyard.hub.service import repositories, sight
from modelyard.hub.store import repositories as found
from modelyard.hub.values import Repository
from modelyard.infra import Infra
from modelyard.web import Links

_ONE = "/repositories/{kind}/{namespace}/{name}"


def build_router(infra: Infra, auth: Authenticator, links: Links) -> APIRouter:
    """Return the routes; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1", tags=["repositories"])
    _add_lists(router, infra, auth, links)
    _add_changes(router, infra, auth, links)
    return router


def _told(repository: Repository, links: Links) -> RepositoryOut:
    return RepositoryOut.of(repository, links.absolute("/" + repository.path.address))


def _add_lists(router: APIRouter, infra: Infra, auth: Authenticator, links: Links) -> None:
    @router.get("/repositories")
    def list_repositories(
        request: Request,
        kind: RepoKind | None = None,
        author: str | None = None,
        search: str = "",
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> RepositoryList:
        """List the repositories that the caller may see, the latest changed first."""
        actor = auth.actor(request)
        query = found.Query(kind=kind, author=author, search=tuple(search.split()), after=cursor, limit=limit)
        with infra.db.reader() as session:
            page = repositories.list_repositories(session, actor=actor, query=query)
        return RepositoryList(items=[_told(item, links) for item in page.items], next=page.next)

    @router.get(_ONE)
    def get_repository(request: Request, kind: RepoKind, namespace: str, name: str) -> RepositoryOut:
        """Return one repository."""
        actor, path = auth.actor(request), RepoPath(kind, namespace, name)
        with infra.db.reader() as session:
            return _told(sight.see(session, actor=actor, path=path), links)


def _add_changes(router: APIRouter, infra: Infra, auth: Authenticator, links: Links) -> None:
    @router.post("/repositories", status_code=201)
    def create_repository(request: Request, wish: RepositoryWish) -> RepositoryOut:
        """Create a repository, with one commit that holds the rules for large files."""
        actor = auth.actor(request)
        require_user(actor)
        path = RepoPath(wish.kind, wish.namespace or actor.name, wish.name)
        with infra.db.unit() as session:
            made = repositories.create_repository(
                session, actor=actor, path=path, visibility=wish.visibility, clock=infra.clock
            )
        return _told(made, links)

    @router.patch(_ONE)
    def change_repository(
        request: Request, kind: RepoKind, namespace: str, name: str, change: RepositoryChange
    ) -> RepositoryOut:
        """Show a repository to everybody, or hide it."""
        actor, path = auth.actor(request), RepoPath(kind, namespace, name)
        with infra.db.unit() as session:
            if change.visibility is None:
                return _told(sight.see_for_change(session, actor=actor, path=path), links)
            changed = repositories.set_visibility(
                session, actor=actor, path=path, visibility=change.visibility, clock=infra.clock
            )
        return _told(changed, links)

    @router.delete(_ONE, status_code=204)
    def delete_repository(request: Request, kind: RepoKind, namespace: str, name: str) -> None:
        """Delete a repository: its name is free at once, and its content is collected later."""
        actor, path = auth.actor(request), RepoPath(kind, namespace, name)
        with infra.db.unit() as session:
            repositories.delete_repository(session, actor=actor, path=path, clock=infra.clock)
