"""The operator's commands as processes: start, stop, doctor, backup, restore."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.cli.main import run
from modelyard.infra import Database, Settings, migrate

COMMAND = [sys.executable, "-c", "from modelyard.cli.main import main; main()"]


def environment(language: str) -> dict[str, str]:
    return {**os.environ, "LANG": language, "LC_ALL": ""}


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Terminal:
    """Runs commands in this process, each in a language."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: object, language: str = "en") -> Said:
        self._monkeypatch.setenv("LC_ALL", "")
        self._monkeypatch.setenv("LANG", language)
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Said(code, *self._capsys.readouterr())


@pytest.fixture
def modelyard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


class Server:
    """A server process, its address, and what it printed at the start."""

    def __init__(self, data: Path, *options: str) -> None:
        command = [*COMMAND, "up", "--data", str(data), "--port", "0", *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment("en"),
        )
        assert self.process.stdout
        lines = iter(self.process.stdout.readline, "")
        found = next(
            (found for line in lines if (found := re.search(r"is at (http://127\.0\.0\.1:(\d+))", line))), None
        )
        assert found, self.kill()
        self.url, self.port = found[1], int(found[2])

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as reply:
            content: bytes = reply.read()
        return content

    def takes_connections(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=30).close()
        except ConnectionError:
            return False
        return True

    def kill(self) -> str:
        self.process.kill()
        return self.process.communicate()[1]

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation") / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """One server for the tests that leave it running."""
    running = Server(data)
    yield running
    running.kill()


def test_a_server_starts_from_nothing_and_invites_its_administrator(server: Server) -> None:
    assert server.get("/health/live") == b"ok\n"
    assert json.loads(server.get("/health/ready"))["ready"] is True
    assert server.process.stdout
    link = re.search(r"the link works once: (\S+)", server.process.stdout.readline())
    assert link
    assert link[1].startswith(server.url + "/")


def test_a_second_server_on_the_same_folder_is_refused(modelyard: Terminal, server: Server, data: Path) -> None:
    second = modelyard("up", "--data", data, "--port", 0)
    assert second.returncode == 4
    assert f"process {server.process.pid}" in second.stderr


def test_a_folder_is_backed_up_beside_its_server_and_restored(
    modelyard: Terminal, server: Server, data: Path, tmp_path: Path
) -> None:
    made = modelyard("admin", "--data", data, "create-user", "ada", "--json")
    assert made.returncode == 0, made.stderr
    saved = modelyard("backup", "--data", data, tmp_path / "backup.tar", "--json")
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)["revision"] == migrate.head()
    assert "Keep it safe" in saved.stderr
    restored = modelyard("restore", "--data", tmp_path / "restored", tmp_path / "backup.tar")
    assert restored.returncode == 0, restored.stderr
    again = modelyard("admin", "--data", tmp_path / "restored", "create-user", "ada")
    assert again.returncode == 4  # she is there already


def test_a_backup_without_the_key_says_what_that_means(
    modelyard: Terminal, server: Server, data: Path, tmp_path: Path
) -> None:
    saved = modelyard("backup", "--data", data, tmp_path / "backup.tar", "--without-key")
    assert "secret key is not in it" in saved.stderr
    restored = modelyard("restore", "--data", tmp_path / "restored", tmp_path / "backup.tar")
    assert "put the old secret.key" in restored.stderr


def test_the_doctor_finds_a_running_server_in_order(modelyard: Terminal, server: Server, data: Path) -> None:
    examined = modelyard("doctor", "--data", data, "--json")
    assert examined.returncode == 0, examined.stdout
    document = json.loads(examined.stdout)
    assert document["verdict"] == "ok"
    names = {check["check"] for check in document["checks"]}
    assert {"python", "database", "engine", "books", "jobs", "blobs"} <= names


def test_the_doctor_of_a_broken_folder_leaves_1_and_advice_in_the_readers_language(
    modelyard: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "modelyard.db").write_bytes(b"no database" * 1000)
    examined = modelyard("doctor", "--data", tmp_path)
    assert examined.returncode == 1
    assert "fail  database" in examined.stdout
    assert "数据库" in modelyard("doctor", "--data", tmp_path, language="zh_CN.UTF-8").stdout


def test_a_public_address_without_a_public_url_is_refused(modelyard: Terminal, tmp_path: Path) -> None:
    refused = modelyard("up", "--data", tmp_path / "data", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "MODELYARD_PUBLIC_URL" in refused.stderr
    assert not (tmp_path / "data").exists()
    assert "公开" in modelyard("up", "--data", tmp_path / "data", "--host", "0.0.0.0", language="zh_CN.UTF-8").stderr


def test_a_running_request_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    body = b'{"username": "nobody", "password": "wrong"}'
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)) as client:
        head = f"POST /api/v1/repositories HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body[:5])
        server.get("/health/live")  # the server has read what was sent before
        server.process.send_signal(signal.SIGTERM)
        while server.takes_connections():
            pass
        client.sendall(body[5:])
        assert client.recv(4096).startswith(b"HTTP/1.1 4")
    server.process.communicate(timeout=60)
    assert server.process.returncode == 0


def test_an_older_folder_is_migrated_and_kept_and_an_interrupt_ends_the_server_well(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with closing(Database(settings.resolved_database_url)) as db:
        migrate.upgrade(db, "0001")
    server = Server(tmp_path / "data", "--json-logs")
    code, _, err = server.end(signal.SIGINT)
    assert code == 0
    assert all(json.loads(line)["event"] for line in err.splitlines())
    with closing(Database(settings.resolved_database_url)) as db:
        assert migrate.current(db) == migrate.head()
    assert (tmp_path / "data" / "backups" / "before-0001.db").exists()
