"""What every benchmark shares: a server of its own, CPU counted from /proc, and an honest heading."""

import json
import os
import platform
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELYARD = Path(sys.executable).parent / "modelyard"
TICKS = os.sysconf("SC_CLK_TCK")
START_PATIENCE = 60


def heading(title: str) -> None:
    """Print what is measured, and on what."""
    print(f"\n## {title}")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, Python {platform.python_version()}")


def free_port() -> int:
    """Return a TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def cpu_seconds(pid: int, *, alone: bool = False) -> float:
    """Return user and system time of a process, with its descendants unless `alone`."""
    total = 0
    for one in [pid] if alone else tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process and its descendants, in MiB."""
    total = 0
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def fdatasync_ms(folder: Path, rounds: int = 200) -> float:
    """Return the median time of writing 4 KiB and waiting for the disk, in milliseconds."""
    times = []
    with (folder / "fdatasync.probe").open("wb", buffering=0) as file:
        for _ in range(rounds):
            file.seek(0)
            file.write(b"x" * 4096)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


@dataclass(frozen=True)
class Server:
    """A running server, and what its operator knows."""

    url: str
    data: Path
    process: "subprocess.Popen[bytes]"
    started_in: float

    def admin(self, *arguments: str) -> str:
        """Run an admin command beside the server and return what it prints."""
        command = [MODELYARD, "admin", "--data", self.data, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def call(self, method: str, path: str, token: str, body: object = None) -> object:
        """Call the server's own API and return the decoded answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def server(command: Sequence[str | Path] | None = None, prefix: str = "modelyard-bench-") -> Iterator[Server]:
    """Start a server on a fresh folder and a free port, and end it afterwards."""
    data = Path(tempfile.mkdtemp(prefix=prefix, dir=ROOT / "var" if (ROOT / "var").is_dir() else None))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    line = [*(command or [MODELYARD, "up"]), "--data", data, "--host", "127.0.0.1", "--port", str(port)]
    started = time.perf_counter()
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log)
    try:
        wait_for(url + "/health/ready", process)
        yield Server(url, data, process, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(data, ignore_errors=True)


def wait_for(url: str, process: "subprocess.Popen[bytes]", patience: float = START_PATIENCE) -> None:
    """Wait until the address answers 200."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"{url} did not answer within {patience} s")


def need(program: str, package: str) -> str:
    """Return the path of a program, or say which Debian package brings it."""
    found = shutil.which(program)
    if not found:
        raise SystemExit(f"this benchmark needs {program}: apt-get install {package}")
    return found


def password() -> str:
    """Return a password for a throw-away account."""
    return secrets.token_urlsafe(18)
