"""A client of /api/v1: finds the server, carries the token that no argument may carry, puts failures in words."""

import sys
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from modelyard.cli.errors import NotModelyard, ServerSilent, ServerUnreachable, TokenNeeded
from modelyard.cli.refusal import Refusal
from modelyard.kernel import InvalidInput, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

Json = Mapping[str, Any]
Query = str | int | None

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_PROBLEM = "application/problem+json"
_KINDS = {
    401: Kind.UNAUTHENTICATED,
    402: Kind.PAYMENT_REQUIRED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    409: Kind.CONFLICT,
    429: Kind.RATE,
    451: Kind.LEGAL,
    503: Kind.UNAVAILABLE,
}


class Connection(BaseSettings):
    """Where the server is and who asks, as the environment says; arguments of a process can be read by others."""

    model_config = SettingsConfigDict(env_prefix="MODELYARD_", frozen=True, extra="ignore")

    endpoint: str = "http://127.0.0.1:8000"
    token: SecretStr = SecretStr("")


@contextmanager
def connected(endpoint: str | None, *, token_stdin: bool) -> "Iterator[Api]":
    """Open a client; raises InvalidInput for an address or a token that cannot be one."""
    import httpx2

    from modelyard.infra.terminal import terminal_locale

    known = Connection()
    address = _address(endpoint or known.endpoint)
    token = _typed_token() if token_stdin else known.token.get_secret_value()
    headers = {"Accept-Language": terminal_locale(), "User-Agent": "modelyard"}
    with httpx2.Client(
        base_url=f"{address}/api/v1/",
        headers={**headers, "Authorization": f"Bearer {token}"} if token else headers,
        timeout=httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
        trust_env=urlsplit(address).hostname not in _LOOPBACK,  # no proxy stands between a machine and itself
    ) as http:
        yield Api(http, address, signed=bool(token))


class Api:
    """The calls of one command; each takes the parts of a path, which it quotes, and returns the decoded answer.

    Every call raises Refusal for what the server refuses, TokenNeeded when it wants to know who asks, and
    ServerUnreachable, ServerSilent or NotModelyard when there is no answer of a server of ours.
    """

    def __init__(self, http: "httpx2.Client", endpoint: str, *, signed: bool) -> None:
        self._http = http
        self._endpoint = endpoint
        self._signed = signed

    def get(self, *path: str, **query: Query) -> Json:
        """Ask for something."""
        return self._json("GET", path, query=query)

    def send(self, method: str, *path: str, body: Mapping[str, object] | None = None) -> Json:
        """Change something; an answer without a body is empty."""
        return self._json(method, path, body=body)

    def text(self, *path: str, **query: Query) -> str:
        """Ask for something that is not JSON."""
        return self._answer("GET", path, query=query).text

    def me(self) -> str:
        """Return the name of the one who asks."""
        return str(self.get("whoami")["name"])

    def _json(self, method: str, path: tuple[str, ...], **options: Any) -> Json:  # noqa: ANN401 - as `_answer`
        answer = self._answer(method, path, **options)
        return _document(answer) if answer.content else {}

    def _answer(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, Query] | None = None,
    ) -> "httpx2.Response":
        import httpx2

        address = "/".join(quote(part, safe="") for part in path)
        wanted = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        try:
            answer = self._http.request(method, address, json=body, params=wanted)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise ServerUnreachable(endpoint=self._endpoint) from error
        except httpx2.TransportError as error:
            raise ServerSilent(endpoint=self._endpoint, reason=str(error) or type(error).__name__) from error
        if not answer.is_success:
            raise self._refused(answer)
        return answer

    def _refused(self, answer: "httpx2.Response") -> Exception:
        if not answer.headers.get("content-type", "").startswith(_PROBLEM):
            return NotModelyard(endpoint=self._endpoint, status=answer.status_code)
        if answer.status_code == 401 and not self._signed:
            return TokenNeeded()
        problem, status = _document(answer), answer.status_code
        kind = _KINDS.get(status, Kind.INVALID) if status != 500 else None
        return Refusal(kind, problem["code"], problem["detail"], problem["hint"], problem["field"], problem["data"])


def _document(answer: "httpx2.Response") -> Json:
    try:
        document: Json = answer.json()
    except ValueError as error:
        raise NotModelyard(endpoint=str(answer.url), status=answer.status_code) from error
    return document


def _address(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidInput(field="--endpoint", name="--endpoint", reason="write it like http://127.0.0.1:8000")
    return endpoint.rstrip("/")


def _typed_token() -> str:
    token = sys.stdin.readline().strip()
    if not token:
        raise InvalidInput(field="--token-stdin", name="--token-stdin", reason="standard input is empty")
    return token
