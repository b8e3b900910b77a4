"""The people of the server, for its administrators."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import service
from modelyard.accounts.pages.front import Front, status_of
from modelyard.accounts.service.people import NewUser
from modelyard.kernel import N_, DomainError
from modelyard.web import Form

PATH = "/admin"


@dataclass(frozen=True, slots=True)
class AdministrationPages:
    """Create, suspend, restore, and make reset links."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        posted = self.front.renderer.posted
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route("/admin/users", posted(self.create), methods=["POST"]),
            Route("/admin/users/{name}/reset-link", posted(self.reset_link), methods=["POST"]),
            Route("/admin/users/{name}/suspend", posted(self.suspend), methods=["POST"]),
            Route("/admin/users/{name}/restore", posted(self.restore), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """List the people, and offer to create one."""
        return self._page(request)

    def create(self, request: Request, form: Form) -> Response:
        """Create a person and show the link by which the first password is chosen."""
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        new = NewUser(form.text("name"), form.text("full_name"), form.text("email") or None, admin=form.flag("admin"))
        try:
            with self.front.infra.db.unit() as session:
                user = service.people.create_user(session, actor=actor, new=new, password_hash=None, clock=clock)
                link = service.links.reset_link(session, actor=actor, user=user, origin=self._origin, clock=clock)
        except DomainError as error:
            return self._page(request, new=new, error=error)
        return self._page(request, link=link)

    def reset_link(self, request: Request, form: Form) -> Response:
        """Make a reset link and show it on this very page, which is kept nowhere."""
        del form
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        with self.front.infra.db.unit() as session:
            user = service.people.find_user(session, request.path_params["name"])
            link = service.links.reset_link(session, actor=actor, user=user, origin=self._origin, clock=clock)
        return self._page(request, link=link)

    def suspend(self, request: Request, form: Form) -> Response:
        """Lock a person out."""
        del form
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        with self.front.infra.db.unit() as session:
            user = service.people.find_user(session, request.path_params["name"])
            service.people.suspend_user(session, actor=actor, user=user, clock=clock)
        return self.front.done(PATH, N_("{name} is suspended."), name=user.account.name)

    def restore(self, request: Request, form: Form) -> Response:
        """Let a person in again."""
        del form
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        with self.front.infra.db.unit() as session:
            user = service.people.find_user(session, request.path_params["name"])
            service.people.restore_user(session, actor=actor, user=user, clock=clock)
        return self.front.done(PATH, N_("{name} can sign in again."), name=user.account.name)

    @property
    def _origin(self) -> str:
        return self.front.renderer.site.links.public_url

    def _page(
        self, request: Request, *, new: NewUser | None = None, link: str = "", error: DomainError | None = None
    ) -> Response:
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            found = service.people.list_users(session, actor=actor, after=request.query_params.get("cursor", ""))
        return self.front.renderer.page(
            request,
            "accounts/users.html",
            status=status_of(error),
            headers={"Cache-Control": "no-store"},
            sections=self.front.sections(request, self.front.administration),
            found=found,
            new=new or NewUser(""),
            link=link,
            errors=self.front.errors(request, error),
        )
