"""A real server process on each database, and people with tokens."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from modelyard import accounts
from modelyard.accounts import EVERY_SCOPE, Actor, NewUser, Scope, TokenWish
from modelyard.infra import Infra
from tests.wires.hf.inside import Inside, inside

SERVE = Path(__file__).with_name("serve.py")


@dataclass(frozen=True)
class Hub:
    """A running hub: its address, its database, and how to get a token."""

    url: str
    infra: Infra
    log: Path

    def user(self, name: str, scopes: frozenset[Scope] = EVERY_SCOPE) -> str:
        """Create a person and return a token."""
        operator = Actor.system("test")
        with self.infra.db.unit() as session:
            new = NewUser(name)
            user = accounts.create_user(session, actor=operator, new=new, password_hash=None, clock=self.infra.clock)
            wish = TokenWish(scopes, "test")
            made = accounts.create_token(session, actor=operator, user=user.account, wish=wish, clock=self.infra.clock)
        return made.secret.secret

    def call(self, method: str, path: str, token: str = "", **options: Any) -> httpx2.Response:
        """Send one request."""
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
        return httpx2.request(method, self.url + path, headers=headers, timeout=30, **options)


@pytest.fixture
def hub_server(infra: Infra, database_url: str, tmp_path: Path) -> Iterator[Hub]:
    line = [sys.executable, str(SERVE), str(infra.settings.data_dir), database_url]
    log = tmp_path / "server.log"
    with log.open("wb") as errors, subprocess.Popen(line, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield Hub(f"http://127.0.0.1:{port}", infra, log)
        process.terminate()


Client = Callable[..., str]


@pytest.fixture
def client(hub_server: Hub, tmp_path: Path) -> Client:
    """Run a script with the real client library in a process of its own; returns what it prints."""

    def run(script: Path, token: str = "", **environment: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        settings: Mapping[str, str] = {
            **clean,
            "HF_ENDPOINT": hub_server.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_TOKEN": token,
            **environment,
        }
        line = [sys.executable, str(script)]
        done = subprocess.run(
            line, env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def within(sqlite_infra: Infra) -> Iterator[Inside]:
    with inside(sqlite_infra) as opened:
        yield opened
