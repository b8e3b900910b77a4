"""One's access tokens."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import service
from modelyard.accounts.pages.front import Front, status_of
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.service.tokens import NewToken, TokenWish
from modelyard.kernel import N_, DomainError, TokenId
from modelyard.web import Form

PATH = "/settings/tokens"
LIVES = (30, 90, 365)


@dataclass(frozen=True, slots=True)
class TokenPages:
    """Create, show once, revoke."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        posted = self.front.renderer.posted
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, posted(self.create), methods=["POST"]),
            Route(PATH + "/{token}/revoke", self.confirm, methods=["GET"]),
            Route(PATH + "/{token}/revoke", posted(self.revoke), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """List the tokens, and offer a new one."""
        return self._page(request)

    def create(self, request: Request, form: Form) -> Response:
        """Create a token and show its secret on this very page, which is kept nowhere."""
        actor = self.front.auth.require_user(request)
        wish = TokenWish(
            frozenset(Scope(word) for word in form.texts("scopes") if word in set(Scope)),
            form.text("name"),
            int(form.text("days")) if form.text("days").isdecimal() else None,
        )
        try:
            with self.front.infra.db.unit() as session:
                me = service.people.the_user(session, actor).account
                made = service.tokens.create_token(
                    session, actor=actor, user=me, wish=wish, clock=self.front.infra.clock
                )
        except DomainError as error:
            return self._page(request, error=error)
        return self._page(request, made=made)

    def confirm(self, request: Request) -> Response:
        """Ask once more before a token is revoked."""
        actor, token = self.front.auth.require_user(request), TokenId(request.path_params["token"])
        with self.front.infra.db.reader() as session:
            found = service.tokens.find_token(session, actor=actor, token=token)
        return self.front.renderer.page(request, "accounts/revoke_token.html", token=found, typed="")

    def revoke(self, request: Request, form: Form) -> Response:
        """Revoke a token."""
        del form
        actor, token = self.front.auth.require_user(request), TokenId(request.path_params["token"])
        with self.front.infra.db.unit() as session:
            service.tokens.revoke_token(session, actor=actor, token=token, clock=self.front.infra.clock)
        return self.front.done(PATH, N_("The token was revoked."))

    def _page(self, request: Request, *, made: NewToken | None = None, error: DomainError | None = None) -> Response:
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            user = service.rights.known(actor)
            tokens = service.tokens.list_tokens(session, actor=actor, user=user)
        return self.front.renderer.page(
            request,
            "accounts/tokens.html",
            status=status_of(error),
            headers={"Cache-Control": "no-store"},
            sections=self.front.sections(request, self.front.settings),
            tokens=tokens,
            secret=made.secret.secret if made else "",
            lives=LIVES,
            now=self.front.infra.clock.now(),
            origin=self.front.renderer.site.links.public_url,
            errors=self.front.errors(request, error),
        )
