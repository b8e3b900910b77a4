"""The routes under /v1, on bare ASGI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modelyard.accounts.http import Authenticator
from modelyard.infra import Catalogs, mint, negotiate
from modelyard.kernel import Clock, DomainError
from modelyard.serving import Deployment
from modelyard.serving.errors import ModelNotServed
from modelyard.serving.gateway import Gateway, Stream, Who, usage
from modelyard.wire.openai import asgi
from modelyard.wire.openai.asgi import ClientGone, Headers, Listening, WrongMethod
from modelyard.wire.openai.errors import INTERNAL, not_allowed, refusal
from modelyard.wire.openai.requests import CHAT, COMPLETION, Asked, Kind, read

_log = structlog.get_logger(__name__)
_WATCH_AFTER = 0.05
"""Seconds after which somebody looks whether the client of an unstreamed answer is still there."""

_AT_ONCE = 64 * 1024
"""Bytes of a body that are parsed without a thread; a larger one would keep all other requests waiting."""


def build_routes(
    gateway: Gateway, catalogs: Catalogs, clock: Clock, auth: Authenticator | None = None
) -> list[BaseRoute]:
    """Return the routes of OpenAI's protocol; with `auth`, pages of ours may call them by their reader's session."""
    rim = Rim(catalogs, clock, auth)
    return [
        Route("/v1/chat/completions", Answering(gateway, rim, CHAT)),
        Route("/v1/completions", Answering(gateway, rim, COMPLETION)),
        Route("/v1/models", Listing(gateway, rim)),
        Route("/v1/models/{model:path}", Listing(gateway, rim)),
    ]


class Rim:
    """What every route does around its work: name the request, see who sent it, put failures into the wire's shape."""

    def __init__(self, catalogs: Catalogs, clock: Clock, auth: Authenticator | None) -> None:
        self._catalogs = catalogs
        self._clock = clock
        self._auth = auth

    async def who(self, scope: Scope) -> Who:
        """Return the token of a program, or the person behind a page of ours."""
        authorization, cookie = asgi.headers_of(scope, b"authorization", b"cookie")
        if authorization is not None or cookie is None or self._auth is None:
            return asgi.bearer(authorization)
        actor = await run_in_threadpool(self._auth.actor, Request(scope))
        return actor if actor.account is not None else None

    def name(self, scope: Scope) -> str:
        """Return an id of our own for a request; nobody else's word is a name under which money is held."""
        state = scope.get("state", {})
        if state.get("request_id_is_ours"):
            return str(state["request_id"])
        request = mint("req", self._clock)
        if "request_id" in state:
            _log.info("openai.named", request=request, request_id=state["request_id"])
        return request

    async def guard(self, scope: Scope, send: Send, request: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run a route's work; nothing may have been sent when it fails."""
        headers = request_header(request)
        try:
            await work()
        except ClientGone:
            return
        except WrongMethod as wrong:
            await asgi.send_refusal(send, not_allowed(scope), [*headers, (b"allow", wrong.allowed)])
        except DomainError as error:
            await asgi.send_refusal(send, refusal(error, self._catalogs, self.locale(scope)), headers)
        except Exception:  # noqa: BLE001 - the client gets this wire's shape whatever breaks; the log has the rest
            _log.exception("openai.failed", request=request)
            await asgi.send_refusal(send, INTERNAL, headers)

    def event(self, scope: Scope, error: DomainError) -> bytes:
        """Return an error as the last event of a stream that has begun."""
        return b"data: " + refusal(error, self._catalogs, self.locale(scope)).body + b"\n\n"

    def locale(self, scope: Scope) -> str:
        """Return the language that the client asks for."""
        (accepted,) = asgi.headers_of(scope, b"accept-language")
        return negotiate(accepted or "")


class Answering:
    """POST of a chat or a completion."""

    def __init__(self, gateway: Gateway, rim: Rim, kind: Kind) -> None:
        self._gateway = gateway
        self._rim = rim
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = self._rim.name(scope)

        async def work() -> None:
            asgi.check_method(scope, "POST")
            who = await self._rim.who(scope)
            await self._gateway.check(who)
            asked = await self._read(scope, receive, request)
            async with Listening(receive, delay=0 if asked.stream else _WATCH_AFTER):
                if asked.stream:
                    await self._stream(scope, send, who, asked)
                else:
                    await self._whole(send, who, asked)

        await self._rim.guard(scope, send, request, work)

    async def _read(self, scope: Scope, receive: Receive, request: str) -> Asked:
        raw = await asgi.body_of(receive)
        key = asgi.idempotency_key(scope)
        if len(raw) > _AT_ONCE:
            return await asyncio.to_thread(read, raw, self._kind, request=request, key=key)
        return read(raw, self._kind, request=request, key=key)

    async def _whole(self, send: Send, who: Who, asked: Asked) -> None:
        whole = await self._gateway.whole(who, asked.call)
        headers = [*request_header(whole.receipt.request), (b"server-timing", whole.timing.header().encode())]
        await asgi.send_json(send, 200, whole.body, headers)

    async def _stream(self, scope: Scope, send: Send, who: Who, asked: Asked) -> None:
        stream = await self._gateway.stream(who, asked.call)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _stream_headers(stream)})
            last = await self._relay(scope, send, stream, asked)
            await send({"type": "http.response.body", "body": last})
        finally:
            await stream.close()

    async def _relay(self, scope: Scope, send: Send, stream: Stream, asked: Asked) -> bytes:
        """Send the events as they come; return the last bytes, which may only be sent after the settlement."""
        last = b""
        try:
            async for payloads in stream:
                events = b"".join([b"data: %b\n\n" % payload for payload in payloads])
                if stream.receipt is None:
                    await asgi.deliver(send, events)
                else:
                    last = events + (_usage_event(payloads[-1], stream) if asked.include_usage else b"")
        except ClientGone:
            raise
        except DomainError as error:
            return self._rim.event(scope, error)
        except Exception:  # noqa: BLE001 - the status is sent already, so the stream itself has to tell
            _log.exception("openai.stream_failed", request=asked.call.request)
            return b"data: " + INTERNAL.body + b"\n\n"
        return last + b"data: [DONE]\n\n"


class Listing:
    """GET of all models, or of one."""

    def __init__(self, gateway: Gateway, rim: Rim) -> None:
        self._gateway = gateway
        self._rim = rim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        request = self._rim.name(scope)
        name = scope["path_params"].get("model")

        async def work() -> None:
            asgi.check_method(scope, "GET", "HEAD")
            found = [_model(each) for each in await self._gateway.models(await self._rim.who(scope))]
            if name is not None:
                found = [each for each in found if str(each["id"]).lower() == name.lower()]
                if not found:
                    raise ModelNotServed(model=name[:200], field="model")
            body = found[0] if name is not None else {"object": "list", "data": found}
            await asgi.send_json(send, 200, json.dumps(body).encode(), request_header(request))

        await self._rim.guard(scope, send, request, work)


def request_header(request: str) -> Headers:
    """Return the header that names the request."""
    return [(b"x-request-id", request.encode("latin-1"))]


def _stream_headers(stream: Stream) -> Headers:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
        (b"server-timing", stream.timing.header().encode()),
        *request_header(stream.request),
    ]


def _usage_event(chunk: bytes, stream: Stream) -> bytes:
    known = json.loads(chunk)
    event = {**known, "choices": [], "usage": usage(stream.spent)}
    return b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def _model(deployment: Deployment) -> dict[str, str | int]:
    return {
        "id": deployment.model,
        "object": "model",
        "created": int(deployment.created_at.timestamp()),
        "owned_by": deployment.model.partition("/")[0],
    }
