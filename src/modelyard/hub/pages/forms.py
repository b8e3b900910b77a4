"""Forms: a new repository, and a repository's settings."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from modelyard.accounts import Actor, Role, memberships, require
from modelyard.hub.pages.desk import REPO, Desk, path_of
from modelyard.hub.rules.names import PAGE_KINDS, RepoKind, RepoPath
from modelyard.hub.service import repositories
from modelyard.hub.values import Visibility
from modelyard.kernel import N_, DomainError
from modelyard.web import Flash, Form, see_other
from modelyard.web.routing import RawRoute

_NEW = "/new"


class FormPages:
    """What people change by forms; each works without JavaScript."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        posted = self._desk.renderer.posted
        settings = REPO + "/settings"
        return [
            Route(_NEW, self.new),
            Route(_NEW, posted(self.create), methods=["POST"]),
            RawRoute(settings, self.settings, methods=["GET"], choices=PAGE_KINDS),
            RawRoute(settings, posted(self.change), methods=["POST"], choices=PAGE_KINDS),
            RawRoute(REPO + "/delete", posted(self.delete), methods=["POST"], choices=PAGE_KINDS),
        ]

    def new(self, request: Request) -> Response:
        """Show the form for a new repository; `?kind=dataset` chooses the kind."""
        kind = request.query_params.get("kind", RepoKind.MODEL.value)
        values = {"kind": kind, "owner": request.query_params.get("owner", ""), "visibility": "public", "name": ""}
        return self._new_form(request, values, {})

    def create(self, request: Request, form: Form) -> Response:
        """Create what the form asks for."""
        values = {name: form.text(name) for name in ("kind", "owner", "name", "visibility")}
        actor = self._desk.auth.require_user(request)
        kind = RepoKind(values["kind"]) if values["kind"] in set(RepoKind) else RepoKind.MODEL
        visibility = Visibility.PRIVATE if values["visibility"] == Visibility.PRIVATE else Visibility.PUBLIC
        path = RepoPath(kind, values["owner"] or actor.name, values["name"])
        try:
            with self._desk.infra.db.unit() as session:
                made = repositories.create_repository(
                    session, actor=actor, path=path, visibility=visibility, clock=self._desk.infra.clock
                )
        except DomainError as error:
            if error.field is None:
                raise
            wrong = self._desk.renderer.field_errors(request, error)
            return self._new_form(request, values, wrong, status=422)
        return see_other("/" + made.path.address, Flash(N_("The repository was created.")))

    def _new_form(
        self, request: Request, values: dict[str, str], errors: dict[str, str], *, status: int = 200
    ) -> Response:
        owners = self._owners(self._desk.auth.require_user(request))
        return self._desk.renderer.page(
            request, "hub/new.html", status=status, values=values, errors=errors, owners=owners
        )

    def _owners(self, actor: Actor) -> Sequence[str]:
        """Return the accounts in whose name the actor may create repositories."""
        if actor.account is None:
            return ()
        with self._desk.infra.db.reader() as session:
            members = memberships(session, actor.account)
        return (actor.name, *(member.account.name for member in members if member.role.covers(Role.WRITE)))

    def settings(self, request: Request) -> Response:
        """Show the settings to those who may change them."""
        return self._settings_form(request, {})

    def change(self, request: Request, form: Form) -> Response:
        """Show the repository to everybody, or hide it."""
        wanted = Visibility.PRIVATE if form.text("visibility") == Visibility.PRIVATE else Visibility.PUBLIC
        with self._desk.infra.db.unit() as session:
            changed = repositories.set_visibility(
                session,
                actor=self._desk.auth.require_user(request),
                path=path_of(request),
                visibility=wanted,
                clock=self._desk.infra.clock,
            )
        return see_other(f"/{changed.path.address}/settings", Flash(N_("The settings were saved.")))

    def delete(self, request: Request, form: Form) -> Response:
        """Delete the repository if its name was typed."""
        actor = self._desk.auth.require_user(request)
        path = path_of(request)
        try:
            with self._desk.infra.db.unit() as session:
                repositories.delete_repository(
                    session,
                    actor=actor,
                    path=path,
                    clock=self._desk.infra.clock,
                    confirmation=form.text("confirmation"),
                )
        except DomainError as error:
            if error.field is None:
                raise
            return self._settings_form(request, self._desk.renderer.field_errors(request, error), status=422)
        return see_other(f"/{actor.name}", Flash(N_("{repo} was deleted."), data={"repo": str(path)}))

    def _settings_form(self, request: Request, errors: dict[str, str], *, status: int = 200) -> Response:
        actor = self._desk.auth.require_user(request)
        with self._desk.infra.db.reader() as session:
            show = self._desk.look(session, actor, request)
            require(session, actor, show.repository.owner, Role.ADMIN)
        return self._desk.page(request, "hub/settings.html", show, tab="settings", errors=errors, status=status)
