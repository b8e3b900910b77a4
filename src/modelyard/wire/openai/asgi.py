"""The little of HTTP that the hot path needs, on bare ASGI: headers, a body, an answer, and whether anybody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from starlette.types import Receive, Scope, Send

from modelyard.wire.openai.errors import BodyUnsound, Refusal

MOST_BYTES = 8 * 1024 * 1024
LONGEST_UPLOAD = 60.0
"""Seconds within which a whole body has to arrive."""

LONGEST_STALL = 30.0
"""Seconds for which a client may leave what it is sent unread."""

_LONGEST_KEY = 200
_JSON = (b"content-type", b"application/json")

Headers = list[tuple[bytes, bytes]]


class ClientGone(Exception):
    """The client closed the connection before it was answered."""


class WrongMethod(Exception):
    """The address exists and takes other methods, which `allowed` lists."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(allowed)
        self.allowed = ", ".join(allowed).encode()


def check_method(scope: Scope, *allowed: str) -> None:
    """Raise WrongMethod for a request of another method."""
    if scope["method"] not in allowed:
        raise WrongMethod(allowed)


def headers_of(scope: Scope, *names: bytes) -> list[str | None]:
    """Return the last value of each of these lower-case headers, None where there is none."""
    found = dict(scope["headers"])
    return [found[name].decode("latin-1") if name in found else None for name in names]


def bearer(authorization: str | None) -> str | None:
    """Return the token of an Authorization header; None when there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def idempotency_key(scope: Scope) -> str | None:
    """Return the client's own name for its request; None when there is none that could be one."""
    (key,) = headers_of(scope, b"idempotency-key")
    sound = key and len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()
    return key if sound else None


async def body_of(receive: Receive) -> bytes:
    """Read the whole body; raises BodyUnsound past 8 MiB or after a minute, and ClientGone."""
    try:
        async with asyncio.timeout(LONGEST_UPLOAD):
            return await _whole_of(receive)
    except TimeoutError as error:
        raise BodyUnsound(reason="it took too long to arrive.") from error


async def _whole_of(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise BodyUnsound(reason="it is larger than 8 MiB.")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def deliver(send: Send, body: bytes) -> None:
    """Send a part of an answer; a client that leaves it unread is as good as gone, and raises ClientGone.

    It would else keep its place at the engine from those who read.
    """
    try:
        async with asyncio.timeout(LONGEST_STALL):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    except TimeoutError as error:
        raise ClientGone from error


async def send_json(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def send_refusal(send: Send, refused: Refusal, headers: Headers) -> None:
    """Send an error, with Retry-After where trying again makes sense."""
    if refused.retry_after is not None:
        headers = [*headers, (b"retry-after", str(refused.retry_after).encode())]
    await send_json(send, refused.status, refused.body, headers)


class Listening:
    """While its block runs, cancel this task when the client goes away; the block then ends with ClientGone.

    It begins to look after `delay` seconds, so that a short answer does not pay for a watcher.
    """

    def __init__(self, receive: Receive, *, delay: float = 0.0) -> None:
        self._receive = receive
        self._delay = delay
        self._gone = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer = loop.call_later(self._delay, self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._gone and isinstance(error, asyncio.CancelledError) and self._task is not None:
            self._task.uncancel()
            raise ClientGone from error

    def _begin(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._task is not None:
            self._task.cancel()
