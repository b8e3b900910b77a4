"""The hub without its wire: durable commits, listings, and the cost of finding a file."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import ROOT, fdatasync_ms, heading

from modelyard import accounts, hub
from modelyard.accounts import EVERY_SCOPE, Actor, NewUser
from modelyard.hub import Listing, Message, RepoKind, RepoPath
from modelyard.infra import Infra, Settings, open_infra

ROUNDS = 21
FOLDERS, FILES_A_FOLDER = 100, 100


def run(database_url: str = "") -> dict[str, float]:
    """Print and return medians in milliseconds; a database URL measures PostgreSQL instead of SQLite."""
    heading(f"The hub on {'PostgreSQL' if database_url else 'SQLite'}, medians of {ROUNDS}")
    with tempfile.TemporaryDirectory(prefix="modelyard-hub-", dir=ROOT / "var") as folder:
        sync = fdatasync_ms(Path(folder))
        settings = Settings(data_dir=Path(folder), database_url=database_url)
        with open_infra(settings) as infra:
            figures = _measure(infra, _person(infra))
    print(f"{'one fdatasync of 4 KiB':54} {sync:9.2f} ms")
    for name, value in figures.items():
        print(f"{name:54} {value:9.2f} ms {value / sync:7.1f} fdatasyncs")
    return figures


def _person(infra: Infra) -> Actor:
    with infra.db.unit() as session:
        user = accounts.create_user(
            session, actor=Actor.system("bench"), new=NewUser("bench"), password_hash=None, clock=infra.clock
        )
    return Actor(user.account.id, "bench", EVERY_SCOPE)


def _measure(infra: Infra, actor: Actor) -> dict[str, float]:
    small, large = _repository(infra, actor, "small"), _repository(infra, actor, "large")
    filled = {f"d{n % FOLDERS}/f{n:05}.txt": b"%d" % n for n in range(FOLDERS * FILES_A_FOLDER)}
    started = time.perf_counter()
    _commit(infra, actor, large, filled)
    first = (time.perf_counter() - started) * 1000
    flat = _repository(infra, actor, "flat")
    _commit(infra, actor, flat, {f"f{n:05}.txt": b"%d" % n for n in range(FOLDERS * FILES_A_FOLDER)})
    return {
        f"commit of {len(filled):,} files": first,
        "durable commit of 1 file, small repository": _median(lambda n: _commit(infra, actor, small, _files(n, 1))),
        "durable commit of 100 files, small repository": _median(
            lambda n: _commit(infra, actor, small, _files(n, 100))
        ),
        "durable commit of 1 file, 10,000 files in 100 folders": _median(
            lambda n: _commit(infra, actor, large, {f"d1/new{n}": b"%d" % n})
        ),
        "durable commit of 1 file, 10,000 files in one folder": _median(
            lambda n: _commit(infra, actor, flat, {f"new{n}": b"%d" % n})
        ),
        "list 10,000 files with sizes": _median(lambda _: _list(infra, actor, large)),
        "find a file, 100 folders of 100": _median(lambda n: _find(infra, actor, large, f"d{n}/f{n:05}.txt")),
        "find a file, one folder of 10,000": _median(lambda n: _find(infra, actor, flat, f"f{n:05}.txt")),
        "a page of 100 with last commits": _median(lambda _: _page(infra, actor, large)),
    }


def _median(act: Callable[[int], object]) -> float:
    times = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        act(number)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def _repository(infra: Infra, actor: Actor, name: str) -> RepoPath:
    path = RepoPath(RepoKind.MODEL, "bench", name)
    with infra.db.unit() as session:
        hub.create_repository(session, actor=actor, path=path, clock=infra.clock)
    return path


def _files(turn: int, count: int) -> dict[str, bytes]:
    return {f"t{turn}/f{number}.txt": f"{turn} {number}".encode() * 20 for number in range(count)}


def _commit(infra: Infra, actor: Actor, path: RepoPath, files: dict[str, bytes]) -> None:
    draft = hub.open_draft(infra, actor=actor, path=path, revision="main")
    for name, content in files.items():
        draft.add_file(name, content)
    draft.land(Message("bench"))


def _list(infra: Infra, actor: Actor, path: RepoPath) -> None:
    with infra.db.reader() as session:
        found = hub.files(session, hub.resolve(session, hub.see(session, actor=actor, path=path), "main"))
    assert len(found) >= FOLDERS * FILES_A_FOLDER


def _find(infra: Infra, actor: Actor, path: RepoPath, name: str) -> None:
    with infra.db.reader() as session:
        hub.file_at(session, hub.resolve(session, hub.see(session, actor=actor, path=path), "main"), name)


def _page(infra: Infra, actor: Actor, path: RepoPath) -> None:
    with infra.db.reader() as session:
        revision = hub.resolve(session, hub.see(session, actor=actor, path=path), "main")
        hub.list_tree(session, revision, Listing("d1", last_commits=True, limit=100))


if __name__ == "__main__":
    run()
