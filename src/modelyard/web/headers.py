"""The outermost layer of every request: its id, whom it is from, and the headers that keep pages harmless.

Pure ASGI and cheap, since token streams and downloads pass through it too. Host is rewritten to the public one before
anything reads it, so that no link of any library can be steered by a client.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.web.urls import Links

Network = IPv4Network | IPv6Network
Header = tuple[bytes, bytes]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}\Z")
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; manifest-src 'self'"
)
_EVERYWHERE: tuple[Header, ...] = ((b"x-content-type-options", b"nosniff"),)
_ON_PAGES: tuple[Header, ...] = (
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_FAR_FUTURE: Header = (b"strict-transport-security", b"max-age=31536000")


@dataclass(frozen=True, slots=True)
class Edge:
    """What the outermost layer must know.

    `mint("req")` returns a new id with 80 unguessable bits, as infra's does; request ids and nonces are made by it.
    """

    links: Links
    trusted_proxies: Sequence[Network]
    mint: Callable[[str], str]


class SecureHeaders:
    """Gives each request an id and a true client address, and each response its protective headers.

    `request_id` in the scope's state is for logs and answers. Only where `request_id_is_ours` says so was it minted
    here; a proxy may have passed on what a client made up.

    It stands around the finished application, not among its middleware, so that the answer to a bug is dressed too.
    A page (text/html) gets the content policy unless its route has set one, as repository content does.
    """

    def __init__(self, app: ASGIApp, edge: Edge) -> None:
        self._app = app
        self._edge = edge
        self._host = edge.links.host.encode()
        self._scheme = "https" if edge.links.secure else "http"
        self._on_pages = (*_ON_PAGES, _FAR_FUTURE) if edge.links.secure else _ON_PAGES
        self._trust: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and dress the response when it starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = self._enter(scope)
        request_id = str(state["request_id"]).encode()

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(message, state, request_id)
            await send(message)

        await self._app(scope, receive, dressed)

    def _enter(self, scope: Scope) -> "_State":
        headers = [header for header in scope["headers"] if header[0] != b"host"]
        headers.append((b"host", self._host))
        scope["headers"] = headers
        scope["scheme"] = self._scheme
        state = scope["state"] = _State(scope.get("state") or {}, self._edge.mint)
        asked = self._believe(scope) if self._edge.trusted_proxies else None
        state["request_id"] = asked or self._edge.mint("req")
        state["request_id_is_ours"] = asked is None
        return state

    def _believe(self, scope: Scope) -> str | None:
        """Take client and request id from a proxy of ours; anybody else's word counts for nothing."""
        client = scope.get("client")
        if client is None or not self._is_proxy(client[0]):
            return None
        said = dict(scope["headers"])
        if forwarded := said.get(b"x-forwarded-for"):
            scope["client"] = (self._origin(forwarded), 0)
        asked = said.get(b"x-request-id", b"")
        return asked.decode() if _REQUEST_ID.match(asked) else None

    def _is_proxy(self, address: str) -> bool:
        known = self._trust.get(address)
        if known is None:
            if len(self._trust) > 4096:
                self._trust.clear()
            known = self._trust[address] = _within(address, self._edge.trusted_proxies)
        return known

    def _origin(self, forwarded: bytes) -> str:
        """Return the last address of the chain that is not one of our proxies: those before it may be invented."""
        chain = [part.strip() for part in forwarded.decode("latin-1").split(",")]
        for address in reversed(chain):
            if not self._is_proxy(address):
                return address
        return chain[0]

    def _dress(self, message: Message, state: "_State", request_id: bytes) -> None:
        headers: list[Header] = [*message.get("headers", ()), *_EVERYWHERE]
        if not any(name == b"x-request-id" for name, _ in headers):  # a wire may tell the name on its receipt
            headers.append((b"x-request-id", request_id))
        if _is_page(headers):
            headers.extend(self._on_pages)
            if not any(name == b"content-security-policy" for name, _ in headers):
                headers.append((b"content-security-policy", _CONTENT_POLICY.format(nonce=state["nonce"]).encode()))
        message["headers"] = headers


class _State(dict[str, object]):
    """The state of a request; its `nonce` is made when a page first asks for it."""

    def __init__(self, items: dict[str, object], mint: Callable[[str], str]) -> None:
        super().__init__(items)
        self._mint = mint

    def __missing__(self, key: str) -> object:
        if key != "nonce":
            raise KeyError(key)
        nonce = self["nonce"] = self._mint("csp")
        return nonce


def _is_page(headers: Sequence[Header]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)
