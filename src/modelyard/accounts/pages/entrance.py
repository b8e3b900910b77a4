"""Sign in and out, create the first administrator, choose a new password."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from modelyard.accounts.errors import LinkNotValid
from modelyard.accounts.pages.front import Front, status_of
from modelyard.accounts.service.links import first_admin_open, open_reset
from modelyard.accounts.service.people import NewUser
from modelyard.accounts.service.sessions import NewSession, end_session
from modelyard.kernel import N_, DomainError
from modelyard.web import Form, local_path


@dataclass(frozen=True, slots=True)
class EntrancePages:
    """Forms for people who are not signed in; each needs the guest cookie that came with it."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        posted = self.front.renderer.posted
        return [
            Route("/login", self.sign_in_form, methods=["GET"]),
            Route("/login", posted(self.sign_in), methods=["POST"]),
            Route("/logout", posted(self.sign_out), methods=["POST"]),
            Route("/first-admin/{secret}", self.first_admin_form, methods=["GET"]),
            Route("/first-admin/{secret}", posted(self.first_admin), methods=["POST"]),
            Route("/reset/{secret}", self.reset_form, methods=["GET"]),
            Route("/reset/{secret}", posted(self.reset), methods=["POST"]),
        ]

    def sign_in_form(self, request: Request) -> Response:
        """Ask for name and password; who is signed in already goes on."""
        wanted = local_path(request.query_params.get("next", ""))
        if self.front.auth.actor(request).account is not None:
            return RedirectResponse(wanted, status_code=303)
        return self._sign_in_page(request, name="", wanted=wanted)

    def sign_in(self, request: Request, form: Form) -> Response:
        """Start a session and go where the person wanted to go, on this site only."""
        self.front.auth.require_guest(request)
        wanted, name = local_path(form.text("next")), form.text("name")
        try:
            new = self.front.desk.sign_in(request, name=name, password=form.raw("password"))
        except DomainError as error:
            return self._sign_in_page(request, name=name, wanted=wanted, error=error)
        response = self._enter(new, wanted)
        self.front.desk.remember(response, name=name)
        return response

    def sign_out(self, request: Request, form: Form) -> Response:
        """End this browser's session."""
        del form
        cookie = self.front.auth.session_cookie
        secret = cookie.read(request)
        if secret:
            actor = self.front.auth.actor(request)
            with self.front.infra.db.unit() as session:
                end_session(session, actor=actor, secret=secret, clock=self.front.infra.clock)
        response = self.front.done("/", N_("You are signed out."))
        cookie.take(response)
        return response

    def first_admin_form(self, request: Request) -> Response:
        """Ask who shall administer this server; the link is used up only by the form."""
        secret = request.path_params["secret"]
        with self.front.infra.db.reader() as session:
            if not first_admin_open(session, secret=secret, clock=self.front.infra.clock):
                raise LinkNotValid
        return self._first_admin_page(request, NewUser(""))

    def first_admin(self, request: Request, form: Form) -> Response:
        """Create the administrator and sign the browser in."""
        self.front.auth.require_guest(request)
        new = NewUser(form.text("name"), form.text("full_name"), form.text("email") or None)
        try:
            session = self.front.desk.create_first_administrator(
                request, secret=request.path_params["secret"], new=new, password=form.raw("password")
            )
        except LinkNotValid:
            raise
        except DomainError as error:
            return self._first_admin_page(request, new, error)
        return self._enter(session, "/")

    def reset_form(self, request: Request) -> Response:
        """Ask for a new password; the link is used up only by the form."""
        return self._reset_page(request)

    def reset(self, request: Request, form: Form) -> Response:
        """Replace the password, end all sessions and sign this browser in."""
        self.front.auth.require_guest(request)
        secret = request.path_params["secret"]
        try:
            new = self.front.desk.reset_password(request, secret=secret, password=form.raw("password"))
        except LinkNotValid:
            raise
        except DomainError as error:
            return self._reset_page(request, error)
        return self._enter(new, "/")

    def _sign_in_page(self, request: Request, *, name: str, wanted: str, error: DomainError | None = None) -> Response:
        return self._form(request, "accounts/sign_in.html", error, name=name, wanted=wanted)

    def _first_admin_page(self, request: Request, new: NewUser, error: DomainError | None = None) -> Response:
        return self._form(request, "accounts/first_admin.html", error, new=new)

    def _reset_page(self, request: Request, error: DomainError | None = None) -> Response:
        with self.front.infra.db.reader() as session:
            user = open_reset(session, secret=request.path_params["secret"], clock=self.front.infra.clock)
        return self._form(request, "accounts/reset.html", error, name=user.account.name)

    def _form(self, request: Request, template: str, error: DomainError | None, **context: object) -> Response:
        remember = self.front.auth.greet(request)
        wait = error.data.get("retry_after") if error else None
        page = self.front.renderer.page(
            request,
            template,
            status=status_of(error),
            headers={"Cache-Control": "no-store", **({"Retry-After": str(wait)} if wait else {})},
            errors=self.front.errors(request, error),
            **context,
        )
        return remember(page)

    def _enter(self, new: NewSession, path: str) -> Response:
        response = RedirectResponse(path, status_code=303)
        self.front.auth.session_cookie.give(response, new.secret)
        self.front.auth.guest_cookie.take(response)
        return response
