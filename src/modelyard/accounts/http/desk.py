"""Where people prove who they are: counts the try, checks the password, starts the session."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from modelyard.accounts.actor import Actor
from modelyard.accounts.http.authenticator import Authenticator
from modelyard.accounts.passwords import Passwords
from modelyard.accounts.rules import names
from modelyard.accounts.rules.text import storable
from modelyard.accounts.service.links import (
    change_password,
    create_first_administrator,
    open_reset,
    password_hash_of,
    reset_password,
)
from modelyard.accounts.service.people import NewUser
from modelyard.accounts.service.sessions import NewSession, start_session
from modelyard.accounts.service.sign_in import admit, admit_guess, welcome
from modelyard.accounts.values import Browser, Shown, User
from modelyard.infra import Infra
from modelyard.infra.randomness import random_text

_DEVICE = "sign-in device"


@dataclass(frozen=True, slots=True)
class Desk:
    """Opens its own units of work, one before the slow hash and one after it; call it in a worker thread."""

    infra: Infra
    auth: Authenticator
    passwords: Passwords

    def sign_in(self, request: Request, *, name: str, password: str) -> NewSession:
        """Start a session for a right password; raises SignInFailed, TooManyAttempts or AccountSuspended."""
        with self.infra.db.unit() as session:
            challenge = admit(
                session,
                name=name,
                address=_browser(request).address,
                clock=self.infra.clock,
                device=self._device(request, name),
            )
        verified = self.passwords.verify(password, challenge.password_hash)
        with self.infra.db.unit() as session:
            return welcome(
                session,
                challenge=challenge,
                verified=verified,
                browser=_browser(request),
                replaces=self.auth.session_cookie.read(request),
                clock=self.infra.clock,
            )

    def remember(self, response: Response, *, name: str) -> None:
        """Let the browser show next time that it has signed in under this name (OWASP's "device cookie")."""
        nonce = random_text()
        self.auth.device_cookie.give(response, Shown(f"{nonce}.{self.infra.secret.sign(_DEVICE, _pair(nonce, name))}"))

    def create_first_administrator(self, request: Request, *, secret: str, new: NewUser, password: str) -> NewSession:
        """Use the first start's link up, create the administrator and sign the browser in."""
        self._count(request)
        password_hash = self.passwords.hash_new(password, name=new.name)
        with self.infra.db.unit() as session:
            user = create_first_administrator(
                session, secret=secret, new=new, password_hash=password_hash, clock=self.infra.clock
            )
            return self._welcome(session, request, user)

    def reset_password(self, request: Request, *, secret: str, password: str) -> NewSession:
        """Use a reset link up, replace the password and sign the browser in."""
        self._count(request)
        with self.infra.db.reader() as session:
            name = open_reset(session, secret=secret, clock=self.infra.clock).account.name
        password_hash = self.passwords.hash_new(password, name=name)
        with self.infra.db.unit() as session:
            user = reset_password(session, secret=secret, password_hash=password_hash, clock=self.infra.clock)
            return self._welcome(session, request, user)

    def change_password(self, request: Request, *, actor: Actor, current: str, password: str) -> NewSession:
        """Replace one's password and sign this browser in anew; all other sessions end."""
        self._count(request)
        with self.infra.db.reader() as session:
            stored = password_hash_of(session, actor=actor)
        verified = self.passwords.verify(current, stored)
        password_hash = self.passwords.hash_new(password, name=actor.name)
        with self.infra.db.unit() as session:
            user = change_password(
                session, actor=actor, verified=verified, password_hash=password_hash, clock=self.infra.clock
            )
            return self._welcome(session, request, user)

    def _device(self, request: Request, name: str) -> str | None:
        nonce, _, signature = (self.auth.device_cookie.read(request) or "").partition(".")
        known = self.infra.secret.verify(_DEVICE, _pair(nonce, name), signature)
        return nonce if known else None

    def _count(self, request: Request) -> None:
        with self.infra.db.unit() as session:
            admit_guess(session, address=_browser(request).address, clock=self.infra.clock)

    def _welcome(self, session: Session, request: Request, user: User) -> NewSession:
        return start_session(
            session,
            user=user,
            browser=_browser(request),
            replaces=self.auth.session_cookie.read(request),
            clock=self.infra.clock,
        )


def _browser(request: Request) -> Browser:
    return Browser(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def _pair(nonce: str, name: str) -> bytes:
    return storable(f"{nonce}:{names.key(name.strip())}").encode()
