"""The server of the demo: a real `modelyard up` on a fresh folder, which never outlives the demo."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODELYARD = ROOT / ".venv" / "bin" / "modelyard"
LEASH = ROOT / "src" / "modelyard" / "infra" / "processes" / "leash.py"
PORT = 8000
START_SECONDS = 60.0
STOP_SECONDS = 45.0
REMOVE_SECONDS = 5.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class ServerFailed(Exception):
    """The server did not start, or ended by itself."""


class Server:
    """A server process with its folder and its operator's commands."""

    def __init__(self, below: Path) -> None:
        below.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="demo-", dir=below))
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._commands: set[subprocess.Popen[str]] = set()
        self._ended = False

    def start(self) -> None:
        """Start on port 8000, or a free one if that is taken; raises ServerFailed."""
        self._spawn(PORT if _free(PORT) else 0)
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if not self.running:
                raise ServerFailed(f"exit status {self._process and self._process.returncode}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"not ready after {START_SECONDS:.0f} seconds")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Return when the process has ended by itself."""
        if self._process:
            self._process.wait()

    def stop(self) -> None:
        """End it as an operator would, and every command beside it; kill it when it takes too long."""
        with self._lock:
            self._ended = True
            for command in self._commands:
                command.kill()
        if self._process is None or not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        """Delete the folder with all that the demo made."""
        deadline = time.monotonic() + REMOVE_SECONDS
        while self.folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(self.folder, ignore_errors=True)  # again, if a command wrote while it was being killed

    def tail(self, lines: int = 20) -> str:
        """Return the end of the log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def admin(self, *words: str, typed: str = "") -> str:
        """Run `modelyard admin` on the folder, beside the server, and return what it prints."""
        return self._run("admin", "--data", str(self.data), *words, typed=typed)

    def verify_ledger(self) -> Any:  # noqa: ANN401 - decoded JSON
        """Return the report of `modelyard ledger verify`."""
        return json.loads(self._run("ledger", "verify", "--data", str(self.data), "--json"))

    def _run(self, *words: str, typed: str = "") -> str:
        command = self._command(words)
        try:
            out, wrong = command.communicate(typed)
        except BaseException:
            command.kill()
            raise
        finally:
            self._commands.discard(command)
        if command.returncode:
            raise ServerFailed(f"modelyard {words[0]}: {wrong.strip() or out.strip()}")
        return out.strip()

    def _command(self, words: Sequence[str]) -> subprocess.Popen[str]:
        """Start a command, unless the demo is ending: what it writes then would be left behind."""
        pipe = subprocess.PIPE
        with self._lock:
            if self._ended:
                raise ServerFailed("the demo is ending")
            command = subprocess.Popen(
                [MODELYARD, *words], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=_environment()
            )
            self._commands.add(command)
        return command

    def _spawn(self, port: int) -> None:
        # The leash is what ends the server even when the demo is killed. A session of its own keeps the terminal's
        # Ctrl+C away from it, so that the demo ends it in order.
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        line = [*leash, str(MODELYARD), "up", "--data", str(self.data), "--host", "127.0.0.1", "--port", str(port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(), start_new_session=True
            )

    def _ready(self) -> bool:
        found = _ADDRESS.search(self.log.read_text(errors="replace"))
        if not found:
            return False
        self.url = found[0]
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def shown(path: Path) -> str:
    """Return a path as a person in the project's folder would write it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
