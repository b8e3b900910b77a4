"""Who sent this request?"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from modelyard.accounts.actor import ANONYMOUS, Actor
from modelyard.accounts.errors import SignInRequired
from modelyard.accounts.http.cookies import device_cookie, guest_cookie, session_cookie
from modelyard.accounts.http.credentials import presented
from modelyard.accounts.rules import sessions, tokens
from modelyard.accounts.service.authentication import (
    grant_by_session,
    grant_by_token_hash,
    mark_token_used,
    renewal,
    used_today,
)
from modelyard.accounts.values import Shown
from modelyard.infra import Infra, Statements
from modelyard.infra.randomness import random_text
from modelyard.kernel import DomainError
from modelyard.web import ForeignForm, Links, Viewer, check_origin

CSRF_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_PROGRAMS = ("/api/", "/v1/")
_SCOPE_KEY = "modelyard.accounts.seen"


@dataclass(frozen=True, slots=True)
class _Seen:
    actor: Actor
    full_name: str = ""
    csrf: str = ""
    by_cookie: bool = False


class Authenticator:
    """Finds the actor of a request: a token in the Authorization header, else the session's cookie, else nobody.

    auth.actor(request)          # ANONYMOUS without credentials; InvalidToken for bad ones, never a silent visitor
    auth.require_user(request)   # as above, and SignInRequired for a visitor
    auth.viewer(request)         # the same person in the words of a page layout

    A request that changes something by the session's cookie must carry the session's token: the forms of pages in the
    field `csrf`, which `renderer.posted` looks at, and all others in the header X-CSRF-Token, which `actor` looks at.
    Calls read the database; use them in `def` endpoints or in a worker thread. The answer is kept with the request.
    """

    def __init__(self, infra: Infra, links: Links) -> None:
        self._infra = infra
        self._links = links
        self.session_cookie = session_cookie(secure=links.secure)
        self.guest_cookie = guest_cookie(secure=links.secure)
        self.device_cookie = device_cookie(secure=links.secure)

    def actor(self, request: Request) -> Actor:
        """Return who sent the request; raises InvalidToken, or ForeignForm for a change without the session's token."""
        seen = self._seen(request)
        if seen.by_cookie and request.method not in _SAFE and not _is_page_form(request):
            token = request.headers.get(CSRF_HEADER, "")
            check_origin(request, token, viewer_of=self.viewer, links=self._links)
        return seen.actor

    def require_user(self, request: Request) -> Actor:
        """Return the person who sent the request; raises SignInRequired for a visitor."""
        actor = self.actor(request)
        if actor.account is None:
            raise SignInRequired
        return actor

    def viewer(self, request: Request) -> Viewer:
        """Return who looks at a page; a visitor who was shown a sign-in form has a form token too."""
        seen = self._seen(request)
        if seen.actor.account is None:
            secret = self.guest(request)
            return Viewer(csrf=sessions.csrf_token(secret) if secret else "")
        return Viewer(seen.actor.name, seen.full_name, seen.actor.admin, seen.csrf)

    def guest(self, request: HTTPConnection) -> str | None:
        """Return the secret that ties forms to a browser which is not signed in."""
        minted: str | None = getattr(request.state, "guest", None)
        return minted or self.guest_cookie.read(request)

    def greet(self, request: Request) -> Callable[[Response], Response]:
        """Prepare to show a form to a browser that is not signed in; apply what is returned to the response."""
        secret = self.guest(request) or random_text()
        request.state.guest = secret

        def remember(response: Response) -> Response:
            self.guest_cookie.give(response, Shown(secret))
            return response

        return remember

    def require_guest(self, request: Request) -> None:
        """Raise ForeignForm unless the browser was shown our form before; `posted` has compared the token already."""
        if self.guest_cookie.read(request) is None and not self._seen(request).by_cookie:
            raise ForeignForm

    def _seen(self, request: HTTPConnection) -> _Seen:
        known: _Seen | None = request.scope.get(_SCOPE_KEY)
        if known is None:
            known = request.scope[_SCOPE_KEY] = self._look(request)
        return known

    def _look(self, request: HTTPConnection) -> _Seen:
        secret = presented(request.headers.get("authorization"))
        if secret is not None:
            return self._by_token(secret)
        cookie = self.session_cookie.read(request)
        return self._by_cookie(cookie) if cookie else _Seen(ANONYMOUS)

    def _by_token(self, secret: str) -> _Seen:
        clock = self._infra.clock
        with self._infra.db.reader() as session:
            grant = grant_by_token_hash(session, tokens.digest(secret), clock)
        if not used_today(grant.token, clock.now()):
            self._write_later(mark_token_used(grant.token.id, clock.now()))
        return _Seen(grant.actor)

    def _by_cookie(self, secret: str) -> _Seen:
        clock = self._infra.clock
        with self._infra.db.reader() as session:
            grant = grant_by_session(session, secret, clock)
        if grant is None:
            return _Seen(ANONYMOUS)
        later = renewal(grant.session, clock.now())
        if later is not None:
            self._write_later(later)
        return _Seen(grant.actor, grant.full_name, sessions.csrf_token(secret), by_cookie=True)

    def _write_later(self, work: Callable[[Statements], int]) -> None:
        with suppress(DomainError):  # a busy or closing writer must not fail a request over a note for later
            self._infra.writer.submit(work)


def _is_page_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in _FORMS and not request.url.path.startswith(_PROGRAMS)
