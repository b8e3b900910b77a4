"""Serve the hub's wires on a free port: `python serve.py DATA_DIR DATABASE_URL`; prints the port when it is ready."""

import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from modelyard.accounts.http import Authenticator
from modelyard.hub import DownloadCounter
from modelyard.infra import Infra, Settings, mint, open_infra
from modelyard.web import Edge, Links, SecureHeaders, problem_of
from modelyard.wire import hf, lfs
from modelyard.wire.hf.errors import face


def build(infra: Infra, origin: str) -> SecureHeaders:
    """Compose the wires alone, as the application composes them among others."""
    links = Links(origin)
    auth = Authenticator(infra, links)
    routes = [
        *hf.build_routes(infra, auth, links, DownloadCounter(infra.writer, infra.clock)),
        *lfs.build_routes(infra, auth, links),
    ]
    app = Starlette(routes=routes)

    def answer(request: Request, error: Exception) -> Response:
        return face(request, problem_of(error))

    app.add_exception_handler(404, answer)
    app.add_exception_handler(405, answer)
    return SecureHeaders(app, Edge(links, (), lambda prefix: mint(prefix, infra.clock)))


def main(data_dir: Path, database_url: str) -> None:
    """Serve until the process is ended."""
    with socket.socket() as listener, open_infra(Settings(data_dir=data_dir, database_url=database_url)) as infra:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = build(infra, f"http://127.0.0.1:{port}")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        print(port, flush=True)  # noqa: T201 - the parent waits for it
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
