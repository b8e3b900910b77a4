"""kill -9 of the whole server at random moments under load: every acknowledged commit and request is there, once."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from modelyard import hub
from modelyard.accounts import Actor
from modelyard.infra import Settings, open_infra
from tests.crash.load import Load, Told
from tests.support.waiting import eventually
from tests.support.yard import MICRO, MODELYARD, Yard, yard

REPO = "acme/micro"
PUSH = """
import sys
from huggingface_hub import HfApi
endpoint, token, path = sys.argv[1:]
api = HfApi(endpoint=endpoint, token=token)
api.create_repo("acme/micro")
api.upload_file(path_or_fileobj=path, path_in_repo="micro.gguf", repo_id="acme/micro")
"""


@pytest.fixture
def crashing(tmp_path: Path, sqlite_template: Path) -> Iterator[Yard]:
    with yard(tmp_path, template=sqlite_template) as one:
        yield one


@pytest.mark.parametrize("rounds", [20, pytest.param(300, marks=pytest.mark.soak)])
def test_a_killed_server_keeps_every_promise(crashing: Yard, rounds: int) -> None:
    customer, publisher = open_for_business(crashing)
    told = Told()
    chance = random.Random(20260101)
    for _ in range(rounds):
        load = Load(crashing, customer=customer, publisher=publisher, repo=REPO, told=told)
        before = len(told.requests)
        load.start()
        assert eventually(lambda: len(told.requests) > before, 30), crashing.log  # noqa: B023 - asked at once
        Event().wait(chance.uniform(0, 0.5))
        crashing.kill()
        load.stop()
        crashing.start()
        assert eventually(lambda: rows(crashing, "SELECT count(*) FROM hold WHERE state = 'open'") == [(0,)])
        assert_nothing_was_lost(crashing, told)
    assert len(told.requests) > rounds
    assert len(told.commits) > rounds
    assert crashing.stop() == 0
    verified = subprocess.run(
        [MODELYARD, "ledger", "verify", "--data", crashing.data], capture_output=True, check=False
    )
    assert verified.returncode == 0, verified.stdout.decode()
    assert_git_agrees(crashing, told)


def open_for_business(crashing: Yard) -> tuple[str, str]:
    """Publish the micro model, serve and price it, and give a customer credit; return their token and the seller's."""
    operator = crashing.user("olga", "--admin")
    publisher, customer = crashing.user("acme"), crashing.user("bob")
    crashing.start()
    push = [sys.executable, "-c", PUSH, crashing.url, publisher, MICRO]
    subprocess.run(push, check=True, capture_output=True, env={"HF_HUB_DISABLE_XET": "1", "HOME": str(crashing.data)})
    wish = {"repo": REPO, "file": "micro.gguf", "max_output": 64}
    deployment = crashing.good("POST", "/api/v1/deployments", token=publisher, body=wish)
    rate = {"amount": "0.005", "currency": "CNY"}
    price = {"prompt": rate, "completion": rate, "per_tokens": 1000}
    crashing.good("PUT", f"/api/v1/deployments/{deployment['id']}/price", token=publisher, body=price)
    credit = {"amount": {"amount": "1000", "currency": "CNY"}, "key": "first"}
    crashing.good("POST", "/api/v1/accounts/bob/credit", token=operator, body=credit)
    return customer, publisher


def assert_nothing_was_lost(crashing: Yard, told: Told) -> None:
    billed = dict(rows(crashing, "SELECT id, count(*) FROM usage_event GROUP BY id"))
    assert {request: billed.get(request) for request in told.requests} == dict.fromkeys(told.requests, 1)
    assert len(set(told.requests)) == len(told.requests)
    known = {oid for (oid,) in rows(crashing, "SELECT lower(hex(oid)) FROM hub_commit")}
    assert set(told.commits.values()) <= known
    assert rows(crashing, "SELECT sum(amount_atoms) FROM ledger_entry") == [(0,)]


def assert_git_agrees(crashing: Yard, told: Told) -> None:
    """Export the repository: git finds it sound, and finds each acknowledged commit with what it added."""
    bare = crashing.data.parent / "export.git"
    with open_infra(Settings(data_dir=crashing.data)) as infra, infra.db.reader() as session:
        path = hub.RepoPath(hub.RepoKind.MODEL, "acme", "micro")
        hub.export_bare(session, hub.see(session, actor=Actor.system("test"), path=path), bare, infra.blobs)
    git = ["git", "--git-dir", str(bare)]
    subprocess.run([*git, "fsck", "--strict", "--full"], check=True, capture_output=True)
    listed = subprocess.run([*git, "ls-tree", "-r", "--name-only", "main"], check=True, capture_output=True, text=True)
    assert set(told.commits) <= set(listed.stdout.splitlines())
    history = subprocess.run([*git, "rev-list", "main"], check=True, capture_output=True, text=True).stdout.split()
    assert set(told.commits.values()) <= set(history)
    assert len(history) == len(set(history))


def rows(crashing: Yard, sql: str) -> list[tuple[object, ...]]:
    """Read the database file beside the server."""
    with closing(sqlite3.connect(f"file:{crashing.data / 'modelyard.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()
