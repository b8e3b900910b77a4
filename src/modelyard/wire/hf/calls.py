"""From a request to a handler: who asks, which repository, which body; and every failure in this wire's words."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from modelyard.accounts import Actor
from modelyard.accounts.http import Authenticator
from modelyard.hub import RepoPath
from modelyard.hub.rules.names import KINDS
from modelyard.infra import Infra
from modelyard.kernel import DomainError, InvalidInput
from modelyard.web import Links
from modelyard.wire.hf.errors import answer

MAX_JSON = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its body read, its actor known."""

    request: Request
    actor: Actor
    body: bytes = b""

    @property
    def path(self) -> RepoPath:
        """Return the repository that the address names."""
        return repo_path(self.request)

    def param(self, name: str) -> str:
        """Return a parameter of the path, empty if the address has none."""
        return str(self.request.path_params.get(name, ""))

    def query(self, name: str) -> str | None:
        """Return a parameter of the query."""
        return self.request.query_params.get(name)

    def many(self, name: str) -> list[str]:
        """Return a repeated parameter of the query, whether it is written `name` or `name[]`."""
        given = self.request.query_params
        return [*given.getlist(name), *given.getlist(f"{name}[]")]

    def flag(self, name: str) -> bool:
        """Tell whether a parameter of the query is true."""
        return (self.query(name) or "").lower() in ("true", "1", "yes")

    def limit(self, default: int, most: int) -> int:
        """Return the page size that the query asks for."""
        asked = self.query("limit") or ""
        return max(1, min(int(asked), most)) if asked.isdecimal() and len(asked) < len(str(10**9)) else default

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, an empty one for no body; raises InvalidInput."""
        if not self.body:
            return {}
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidInput(name="body", reason="it is not JSON") from None
        if not isinstance(document, dict):
            raise InvalidInput(name="body", reason="it is not a JSON object")
        return document


Handler = Callable[[Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def repo_path(request: Request) -> RepoPath:
    """Return the repository that an address names; which kind, its route says."""
    params = request.path_params
    return RepoPath(KINDS[params["kind"]], params["ns"], params["name"])


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers of this wire are given."""

    infra: Infra
    auth: Authenticator
    links: Links

    def endpoint(self, handler: Handler) -> Endpoint:
        """Return the endpoint of a handler, which runs in a worker thread with its body read."""

        async def serve(request: Request) -> Response:
            try:
                body = await read_body(request, MAX_JSON) if request.method not in ("GET", "HEAD") else b""
            except DomainError as error:
                return answer(error)
            except ClientDisconnect:
                return Response(status_code=400)
            return await to_thread.run_sync(self._run, handler, request, body)

        return serve

    def _run(self, handler: Handler, request: Request, body: bytes) -> Response:
        try:
            return handler(Call(request, self.auth.actor(request), body))
        except DomainError as error:
            return answer(error)


async def read_body(request: Request, most: int) -> bytes:
    """Return the body; raises InvalidInput as soon as it has more than `most` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise InvalidInput(name="body", reason=f"it is larger than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def text_of(document: dict[str, Any], name: str, default: str = "") -> str:
    """Return a field that must be text; raises InvalidInput."""
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InvalidInput(name=name, reason="it is not text", field=name)
    return value
