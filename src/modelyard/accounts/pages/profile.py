"""One's own profile, password and sessions."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import service
from modelyard.accounts.pages.front import Front, status_of
from modelyard.kernel import N_, DomainError
from modelyard.web import Form

PATH = "/settings/profile"


@dataclass(frozen=True, slots=True)
class ProfilePages:
    """Who one is here, and where one is signed in."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        posted = self.front.renderer.posted
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, posted(self.change), methods=["POST"]),
            Route("/settings/password", posted(self.change_password), methods=["POST"]),
            Route("/settings/sessions", posted(self.end_sessions), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """Show profile, password and sessions."""
        return self._page(request)

    def change(self, request: Request, form: Form) -> Response:
        """Change full name and email address."""
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        try:
            with self.front.infra.db.unit() as session:
                service.people.update_profile(
                    session,
                    actor=actor,
                    user=service.people.the_user(session, actor),
                    full_name=form.text("full_name"),
                    email=form.text("email") or None,
                    clock=clock,
                )
        except DomainError as error:
            return self._page(request, error)
        return self.front.done(PATH, N_("Your profile was saved."))

    def change_password(self, request: Request, form: Form) -> Response:
        """Replace the password after the old one; all other browsers are signed out."""
        actor = self.front.auth.require_user(request)
        try:
            new = self.front.desk.change_password(
                request, actor=actor, current=form.raw("current"), password=form.raw("password")
            )
        except DomainError as error:
            return self._page(request, error)
        response = self.front.done(PATH, N_("Your password was changed; all other browsers are signed out."))
        self.front.auth.session_cookie.give(response, new.secret)
        return response

    def end_sessions(self, request: Request, form: Form) -> Response:
        """Sign out everywhere, here too."""
        del form
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.unit() as session:
            service.sessions.end_all_sessions(session, actor=actor, clock=self.front.infra.clock)
        response = self.front.done("/login", N_("You are signed out everywhere."))
        self.front.auth.session_cookie.take(response)
        return response

    def _page(self, request: Request, error: DomainError | None = None) -> Response:
        actor, clock = self.front.auth.require_user(request), self.front.infra.clock
        with self.front.infra.db.reader() as session:
            user = service.people.the_user(session, actor)
            sessions = service.sessions.list_sessions(session, actor=actor, clock=clock)
        return self.front.renderer.page(
            request,
            "accounts/profile.html",
            status=status_of(error),
            sections=self.front.sections(request, self.front.settings),
            user=user,
            sessions=sessions,
            errors=self.front.errors(request, error),
        )
