"""What the pages of this room share: who looks, at what, and the frame around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from modelyard.accounts import Actor, Role, allow
from modelyard.accounts.http import Authenticator
from modelyard.hub.rules import refs
from modelyard.hub.rules.names import KINDS, PAGE_KINDS, RepoPath
from modelyard.hub.service import sight
from modelyard.hub.values import Repository, Revision
from modelyard.infra import Infra
from modelyard.web import PanelRegistry, Renderer
from modelyard.web.routing import RawRoute

REPO = "/{kind}{ns}/{name}"


@dataclass(frozen=True, slots=True)
class Showcase:
    """What the panels of a repository's page are about: the subject of `model.main`, `model.side`, `dataset.side`...

    `writes` and `administers` tell what the actor may do to the repository.
    """

    actor: Actor
    repository: Repository
    revision: Revision
    writes: bool
    administers: bool

    @property
    def address(self) -> str:
        """Return the path of the repository's page."""
        return "/" + self.repository.path.address

    def at(self, verb: str, path: str = "", revision: str = "") -> str:
        """Return the address of a folder (`tree`), a file (`blob`, `resolve`) or the history (`commits`)."""
        where = f"{self.address}/{verb}/{quote(revision or self.revision.name, safe='')}"
        return f"{where}/{quote(path)}" if path else where


Page = Callable[[Request, Session, Showcase], Response]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages are given."""

    infra: Infra
    auth: Authenticator
    renderer: Renderer
    panels: PanelRegistry

    def route(self, path: str, page: Page) -> RawRoute:
        """Return the route of a page about a repository that the reader may see; other letters' case is led home."""

        def show(request: Request) -> Response:
            actor = self.auth.actor(request)
            with self.infra.db.reader() as session:
                showcase = self.look(session, actor, request)
                if _in_other_case(request, showcase.repository.path):
                    return RedirectResponse(_led_home(request, showcase), status_code=301)
                return page(request, session, showcase)

        return RawRoute(path, show, methods=["GET"], choices=PAGE_KINDS)

    def look(self, session: Session, actor: Actor, request: Request) -> Showcase:
        """Return the repository and revision that an address names; raises RepoNotFound or RevisionNotFound."""
        repository = sight.see(session, actor=actor, path=path_of(request))
        revision = sight.resolve(session, repository, request.path_params.get("rev") or refs.DEFAULT_BRANCH)
        writes = allow(session, actor, repository.owner, Role.WRITE)
        administers = writes and allow(session, actor, repository.owner, Role.ADMIN)
        return Showcase(actor, repository, revision, writes, administers)

    def page(self, request: Request, template: str, showcase: Showcase, **context: Any) -> Response:  # noqa: ANN401 - as the renderer
        """Return a page in the frame of its repository; `tab` in the context names the tab that is open."""
        return self.renderer.page(
            request,
            template,
            show=showcase,
            repo=showcase.repository,
            kind=showcase.repository.path.kind.value,
            full_name=str(showcase.repository.path),
            tabs=_tabs(showcase),
            **context,
        )


def path_of(request: Request) -> RepoPath:
    """Return the repository that an address names."""
    params = request.path_params
    return RepoPath(KINDS[params["kind"]], params["ns"], params["name"])


def _in_other_case(request: Request, path: RepoPath) -> bool:
    return (request.path_params["ns"], request.path_params["name"]) != (path.namespace, path.name)


def _led_home(request: Request, showcase: Showcase) -> str:
    """Return the address that was asked for, below the name that the repository was given."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    parts = raw.split(b"?", 1)[0].decode("latin-1").split("/")
    rest = parts[showcase.address.count("/") + 1 :]
    query = request.url.query
    return "/".join([showcase.address, *rest]) + (f"?{query}" if query else "")


def _tabs(showcase: Showcase) -> list[tuple[str, str]]:
    """Return address and name of each tab; the names are those of the template."""
    tabs = [
        (showcase.address, "card"),
        (showcase.at("tree"), "files"),
        (showcase.at("commits"), "commits"),
    ]
    return [*tabs, (f"{showcase.address}/settings", "settings")] if showcase.administers else tabs
