"""A bound on what a request may send, so that nobody fills the memory with a body that is parsed as a whole."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 8 * 1024 * 1024
_KEY = "modelyard.web.body"


class BodyLimit:
    """Stops a body at MAX_BODY_BYTES, unless its route `allow`s more.

    It fails where the body is read, and so inside the application, which answers 413 in the words of each wire;
    Starlette's own limit replaces every answer to an announced length with plain text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] == "http":
            body = scope[_KEY] = _Body(receive, _announced(scope))
            receive = body.receive
        await self._app(scope, receive, send)


def allow(scope: Scope, most: int) -> None:
    """Let the request of this scope send up to `most` bytes."""
    body: _Body | None = scope.get(_KEY)
    if body is not None:
        body.most = most


class _Body:
    def __init__(self, receive: Receive, announced: int) -> None:
        self._receive = receive
        self._announced = announced
        self._taken = 0
        self.most = MAX_BODY_BYTES

    async def receive(self) -> Message:
        if self._announced > self.most:
            raise HTTPException(413)
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self.most:
            raise HTTPException(413)
        return message


def _announced(scope: Scope) -> int:
    length: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < len(str(2**63)) else 0
