"""A real server process for the tests that speak over the wire, and the hands of its operator."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.waiting import eventually

MODELYARD = Path(sys.executable).parent / "modelyard"
MICRO = Path(__file__).resolve().parent.parent / "fixtures" / "micro-chat.gguf"
START_PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, and the decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded JSON body."""
        return json.loads(self.body)


@dataclass
class Yard:
    """A data folder with, now and then, a server process on it."""

    data: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The origin of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that the server wrote so far."""
        return (self.data.parent / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        line = [MODELYARD, "up", "--data", self.data, "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.data.parent / "server.log").open("ab") as log:
            environment = {**os.environ, "NO_COLOR": "1", **self.environment}
            self.process = subprocess.Popen(line, stdout=log, stderr=log, env=environment)
        assert eventually(self._ready, START_PATIENCE), self.log

    def kill(self) -> None:
        """End the server as a power cut would: no handler runs."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=30)

    def stop(self) -> int:
        """End the server as an operator would; return its exit status."""
        if not self.process:
            return 0
        self.process.terminate()
        return self.process.wait(timeout=60)

    def admin(self, *arguments: str, typed: str | None = None) -> str:
        """Run `modelyard admin` on the folder and return what it prints."""
        command = [MODELYARD, "admin", "--data", self.data, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def user(self, name: str, *options: str) -> str:
        """Create a user and return a token that may do everything the user may."""
        self.admin("create-user", name, *options)
        return self.admin("create-token", name, "--role", "write")

    def call(self, method: str, path: str, *, token: str = "", body: object = None, **headers: str) -> Answer:
        """Send one request; any status is an answer."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def good(self, method: str, path: str, *, token: str = "", body: object = None, **headers: str) -> Any:
        """Send one request that must succeed, and return its decoded body."""
        answer = self.call(method, path, token=token, body=body, **headers)
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {answer.body[:2000]!r}"
        return answer.json() if answer.body else None

    def _ready(self) -> bool:
        assert self.process is None or self.process.poll() is None, self.log
        try:
            return self.call("GET", "/health/ready").status == 200
        except OSError:
            return False


@contextmanager
def yard(folder: Path, *, template: Path | None = None, **environment: str) -> Iterator[Yard]:
    """Make a data folder below `folder`, from a migrated database file if one is given; end its server afterwards."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    if template:
        shutil.copy(template, data / "modelyard.db")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    one = Yard(data, port, environment)
    try:
        yield one
    finally:
        one.stop()
