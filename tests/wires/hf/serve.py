"""Serve the whole application on a free port: `python serve.py DATA_DIR DATABASE_URL`; prints the port first."""

import socket
import sys
from pathlib import Path

import uvicorn

from modelyard.app import build_app
from modelyard.infra import Settings


def main(data_dir: Path, database_url: str) -> None:
    """Serve until the process is ended."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        origin = f"http://127.0.0.1:{port}"
        app = build_app(Settings(data_dir=data_dir, database_url=database_url, public_url=origin), migrated=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        listener.listen(128)
        print(port, flush=True)  # noqa: T201 - the parent waits for it
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
