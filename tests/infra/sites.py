"""Real servers on loopback for the tests of the one way out, and names that lead to them."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address


class FakeResolver:
    """Names and their addresses; a name with several answers gives them one after the other, the last for ever."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self._names = {name.replace("_", "."): [list(answer) for answer in answers] for name, answers in names.items()}
        self.asked: list[str] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        answers = self._names.get(host)
        if not answers:
            raise OSError(f"no address for {host}")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Site:
    """A server on loopback that remembers what it was asked."""

    port: int
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    reply: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answer(handler, b"hello")

    def url(self, path: str = "/", host: str = "site.test", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def answer(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def serve(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            site.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            site.reply(self)

        do_POST = do_HEAD = do_GET  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
