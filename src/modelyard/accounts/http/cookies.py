"""The cookies of this room: who is signed in, to whom a sign-in form was shown, who has signed in before."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

from modelyard.accounts.rules import sessions
from modelyard.accounts.values import Shown

_AN_HOUR = 3600
_A_YEAR = 365 * 24 * _AN_HOUR


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that scripts cannot read and other sites cannot send along with a form (HttpOnly, SameSite=Lax).

    Where people come over https it is Secure and carries the `__Host-` prefix, by which browsers refuse one that was
    planted over http or by a neighbor domain (RFC 6265bis, section 4.1.3).
    """

    word: str
    max_age: int
    secure: bool

    @property
    def name(self) -> str:
        """Return the full name."""
        return "__Host-" + self.word if self.secure else self.word

    def read(self, request: HTTPConnection) -> str | None:
        """Return the value that the browser sent."""
        return request.cookies.get(self.name) or None

    def give(self, response: Response, secret: Shown) -> None:
        """Hand the secret to the browser."""
        response.set_cookie(
            self.name, secret.secret, max_age=self.max_age, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def take(self, response: Response) -> None:
        """Make the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")


def session_cookie(*, secure: bool) -> Cookie:
    """Return the cookie of a signed-in browser; how long the session really lives, the database says."""
    return Cookie("modelyard_session", int(sessions.LONGEST.total_seconds()), secure)


def guest_cookie(*, secure: bool) -> Cookie:
    """Return the cookie that ties a sign-in form to the browser it was shown to."""
    return Cookie("modelyard_guest", _AN_HOUR, secure)


def device_cookie(*, secure: bool) -> Cookie:
    """Return the cookie by which a browser shows that somebody has signed in with it before; it opens nothing."""
    return Cookie("modelyard_device", _A_YEAR, secure)
