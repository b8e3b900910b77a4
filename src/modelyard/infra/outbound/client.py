"""The outbound client."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore2
import httpx2

from modelyard.infra.outbound.errors import OutboundFailed, OutboundRefused, OutboundTooLarge
from modelyard.infra.outbound.guard import Guard, Resolver
from modelyard.infra.outbound.transport import PinnedTransport, within

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cost: `seconds` in all, `connect` seconds for each connection, bytes of the answer."""

    seconds: float = 30.0
    connect: float = 5.0
    max_bytes: int = 10 * 1024 * 1024
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower-case, `url` is where the last redirect led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Incoming:
    """An answer whose body is still to be read, once, by `chunks`."""

    def __init__(self, response: httpx2.Response, host: str, max_bytes: int) -> None:
        self._response = response
        self._host = host
        self._max_bytes = max_bytes
        self.status = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        self.url = str(response.url)

    def chunks(self) -> Iterator[bytes]:
        """Return the body in pieces; raises `OutboundTooLarge`, and `OutboundFailed` when it breaks off."""
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and self._response.request.method != "HEAD":
            self._expect(int(announced))
        read = 0
        with _named(self._host):
            for chunk in self._response.iter_raw(_CHUNK):
                read += len(chunk)
                self._expect(read)
                yield chunk

    def _expect(self, size: int) -> None:
        if size > self._max_bytes:
            raise OutboundTooLarge(host=self._host, limit=self._max_bytes)


class Outbound:
    """Calls public addresses, and those that `allow` names; safe to share between threads.

    `tls` replaces the trusted certificates, `resolver` the name service.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        limits: Limits | None = None,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        agent: str = "modelyard",
    ) -> None:
        self._guard = Guard(allow, resolver=resolver)
        self._limits = limits or Limits()
        self._client = httpx2.Client(
            transport=PinnedTransport(self._guard, tls or httpx2.create_ssl_context()),
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # A compressed body may be a thousand times its size; what is not asked for cannot burst.
            headers={"User-Agent": agent, "Accept-Encoding": "identity"},
        )

    def check(self, url: str) -> None:
        """Judge a URL without calling it, to refuse it where it is entered; the call itself judges again."""
        parsed = _parse(url)
        self._guard.addresses(parsed.host, parsed.port or 443)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        limits: Limits | None = None,
    ) -> Answer:
        """Call and return the whole answer, whatever its status.

        Raises `OutboundRefused`, `OutboundFailed` or `OutboundTooLarge`.
        """
        with self.stream(method, url, headers=headers, content=content, limits=limits) as incoming:
            body = b"".join(incoming.chunks())
        return Answer(incoming.status, incoming.headers, body, incoming.url)

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        limits: Limits | None = None,
    ) -> Iterator[Incoming]:
        """Call and hand out the answer before its body, for files; to be read within the block and its thread."""
        bounds = limits or self._limits
        request = self._client.build_request(
            method, _parse(url), headers=dict(headers or {}), content=content, timeout=_timeout(bounds)
        )
        with within(bounds.seconds):
            response = self._follow(request, bounds)
            try:
                yield Incoming(response, response.url.host, bounds.max_bytes)
            finally:
                response.close()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _follow(self, request: httpx2.Request, bounds: Limits) -> httpx2.Response:
        for _ in range(bounds.redirects + 1):
            response = self._send(request)
            if response.next_request is None:
                return response
            response.close()
            _judge_redirect(request.url, response.next_request.url)
            request = response.next_request
        raise OutboundFailed(host=request.url.host, reason=f"it redirects more than {bounds.redirects} times")

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        with _named(request.url.host):
            response = self._client.send(request, stream=True)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise OutboundFailed(host=request.url.host, reason="it sent an encoding that was not asked for")
        return response


def _parse(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise OutboundRefused(field="url", host=url[:200], reason="it is not a valid URL") from error
    return _judge(parsed)


def _judge(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in {"http", "https"} or not url.host:
        raise OutboundRefused(field="url", host=url.host or url.scheme, reason="only http and https are spoken")
    if url.port is not None and not 0 < url.port < 65536:
        raise OutboundRefused(field="url", host=url.host, reason="there is no such port")
    if url.userinfo:
        raise OutboundRefused(field="url", host=url.host, reason="the URL carries a user name or password")
    return url


def _judge_redirect(source: httpx2.URL, target: httpx2.URL) -> None:
    _judge(target)
    if source.scheme == "https" and target.scheme == "http":
        raise OutboundRefused(field="url", host=target.host, reason="it was redirected from https to http")


def _timeout(bounds: Limits) -> httpx2.Timeout:
    return httpx2.Timeout(bounds.seconds, connect=bounds.connect)


@contextmanager
def _named(host: str) -> Iterator[None]:
    """Give the library's failures our names."""
    try:
        yield
    except (httpcore2.TimeoutException, httpx2.TimeoutException) as error:
        raise OutboundFailed(host=host, reason="it did not answer in time") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpx2.HTTPError, ssl.SSLError, OSError) as error:
        raise OutboundFailed(host=host, reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate is not trusted"
    if isinstance(error, httpcore2.ConnectError):
        return "it cannot be reached"
    return "the connection broke off"
