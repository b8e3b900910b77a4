"""Commits against a plain dictionary and against git itself."""

import itertools
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard import hub
from modelyard.accounts import Actor
from modelyard.hub import Listing, Message, Repository
from modelyard.hub.errors import (
    BranchMoved,
    EntryNotFound,
    FileTooLarge,
    LfsObjectAbsent,
    LfsSizeWrong,
    PathConflict,
    PathRefused,
)
from modelyard.hub.rules.pointers import Lfs
from modelyard.infra import Infra
from tests.hub.conftest import Make

Files = dict[str, bytes]
NUMBERS = itertools.count()
Act = Callable[[hub.CommitDraft], None]


def commit(infra: Infra, actor: Actor, repo: Repository, files: Files, message: str = "change") -> hub.Commit:
    draft = hub.open_draft(infra, actor=actor, path=repo.path, revision="main")
    for path, content in files.items():
        draft.add_file(path, content)
    return draft.land(Message(message))


def contents(infra: Infra, actor: Actor, repo: Repository, revision: str = "main") -> Files:
    with infra.db.reader() as session:
        seen = hub.resolve(session, hub.see(session, actor=actor, path=repo.path), revision)
        return {
            item.path: hub.body_of(hub.object_of(session, repo, item.entry, item.path), infra.blobs)
            for item in hub.files(session, seen)
        }


def clone(infra: Infra, repo: Repository, tmp_path: Path) -> Path:
    bare, work = tmp_path / "bare.git", tmp_path / "work"
    with infra.db.reader() as session:
        hub.export_bare(session, repo, bare, infra.blobs)
    git("--git-dir", str(bare), "fsck", "--strict", "--full")
    git("clone", "--quiet", str(bare), str(work))
    return work


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr
    return done.stdout


def test_a_commit_is_what_git_clones(infra: Infra, ada: Actor, make: Make, tmp_path: Path) -> None:
    repo = make()
    commit(infra, ada, repo, {"a/b/c.txt": b"deep", "a.txt": b"flat", "a-b.txt": b"between", "a/big": b"x" * 2_000_000})
    landed = commit(infra, ada, repo, {"a.txt": b"again"}, "second")
    work = clone(infra, repo, tmp_path)
    found = {
        str(path.relative_to(work)): path.read_bytes()
        for path in work.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(work).parts
    }
    assert found == contents(infra, ada, repo)
    assert found["a.txt"] == b"again"
    assert len(found["a/big"]) == 2_000_000
    log = git("-C", str(work), "log", "--format=%H %s %an").splitlines()
    assert log[0] == f"{landed.oid} second ada"
    assert len(log) == 3


def test_a_listing_has_sizes_and_last_commits(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    first = commit(infra, ada, repo, {"a/x": b"1", "a/y": b"22", "z": b"333"})
    second = commit(infra, ada, repo, {"a/y": b"4444"})
    with infra.db.reader() as session:
        seen = hub.resolve(session, hub.see(session, actor=ada, path=repo.path), "main")
        page = hub.list_tree(session, seen, Listing(recursive=True, last_commits=True))
    rows = {item.path: (item.entry.size, item.last_commit and item.last_commit.oid) for item in page.items}
    assert rows.pop(".gitattributes")[0] > 100
    assert rows == {"a": (5, second.oid), "a/x": (1, first.oid), "a/y": (4, second.oid), "z": (3, first.oid)}


def test_history_on_branches(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    base = commit(infra, ada, repo, {"f": b"base"})
    with infra.db.unit() as session:
        hub.create_branch(session, actor=ada, path=repo.path, name="side", clock=infra.clock)
    on_main = commit(infra, ada, repo, {"f": b"main"})
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="side")
    draft.add_file("g", b"side")
    on_side = draft.land(Message("side"))
    with infra.db.reader() as session:
        seen = hub.see(session, actor=ada, path=repo.path)
        side, main = hub.resolve(session, seen, "side"), hub.resolve(session, seen, "main")
        assert [c.oid for c in hub.log(session, side).items][:2] == [on_side.oid, base.oid]
        assert [c.oid for c in hub.log(session, main).items][:2] == [on_main.oid, base.oid]
        (item,) = hub.items_at(session, side, ["f"], last_commits=True)
        assert item.last_commit is not None
        assert item.last_commit.oid == base.oid
        page = hub.log(session, side, limit=2)
        rest = hub.log(session, side, after=page.next, limit=2)
    assert len(page.items) == 2
    assert [c.title for c in rest.items] == ["initial commit"]
    assert rest.next is None


def test_pages_of_a_tree_join_to_the_whole(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    names = ["a", "a.b", "a0/x", "b/c/d", "b/c/e", "b/f", "b0", "c/x/y/z", "d"]
    commit(infra, ada, repo, {name: name.encode() for name in names})
    with infra.db.reader() as session:
        seen = hub.resolve(session, hub.see(session, actor=ada, path=repo.path), "main")
        for recursive in (True, False):
            for folder in ("", "b"):
                whole = hub.list_tree(session, seen, Listing(folder, recursive)).items
                for limit in (1, 2, 3):
                    found, cursor = [], ""
                    while cursor is not None:
                        page = hub.list_tree(session, seen, Listing(folder, recursive, after=cursor, limit=limit))
                        found += page.items
                        cursor = page.next
                    assert found == list(whole)


def test_a_commit_that_changes_nothing_returns_the_tip(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    first = commit(infra, ada, repo, {"a": b"1"})
    assert commit(infra, ada, repo, {"a": b"1"}) == first
    assert commit(infra, ada, repo, {}) == first


def test_a_stale_parent_is_refused_and_nothing_is_written(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    first = commit(infra, ada, repo, {"a": b"1"})
    second = commit(infra, ada, repo, {"a": b"2"})
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
    draft.add_file("b", b"3")
    with pytest.raises(BranchMoved):
        draft.land(Message("late", parent=first.oid))
    assert draft.land(Message("in time", parent=second.oid[:7])).parent == second.oid


@pytest.mark.parametrize(
    ("before", "act", "error"),
    [
        ({"a": b""}, lambda draft: draft.add_file("a/b", b""), PathConflict),
        ({"a/b": b""}, lambda draft: draft.add_file("a", b""), PathConflict),
        ({}, lambda draft: draft.delete_file("nothing"), EntryNotFound),
        ({"a/b": b""}, lambda draft: draft.delete_file("a"), EntryNotFound),
        ({"a": b""}, lambda draft: draft.delete_folder("a"), EntryNotFound),
        ({}, lambda draft: draft.add_large("w.bin", "0" * 64, 3), LfsObjectAbsent),
        ({}, lambda draft: draft.add_file("../x", b""), PathRefused),
        ({}, lambda draft: draft.add_file("x", b"0" * 10_000_001), FileTooLarge),
    ],
)
def test_impossible_changes_are_refused(
    infra: Infra, ada: Actor, make: Make, before: Files, act: Act, error: type[Exception]
) -> None:
    repo = make()
    commit(infra, ada, repo, before)
    kept = contents(infra, ada, repo)
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
    with pytest.raises(error):
        _act_and_land(act, draft)
    assert contents(infra, ada, repo) == kept


def _act_and_land(act: Act, draft: hub.CommitDraft) -> None:
    act(draft)
    draft.land(Message("impossible"))


def test_large_files_are_pointers_in_git(infra: Infra, ada: Actor, make: Make, tmp_path: Path) -> None:
    repo = make()
    with infra.blobs.stage() as staging:
        staging.write(b"weights")
        blob = staging.commit()
    lfs = Lfs(blob.sha256, blob.size)
    with infra.db.unit() as session:
        hub.prove(session, by=ada.account, repository=repo.id, lfs=lfs, clock=infra.clock)
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
    draft.add_large("w.safetensors", lfs.sha256, lfs.size)
    draft.add_file("same.bin", lfs.pointer())
    landed = draft.land(Message("weights"))
    assert landed.size == 2 * 7 + len(contents(infra, ada, repo)[".gitattributes"])
    with infra.db.reader() as session:
        seen = hub.resolve(session, hub.see(session, actor=ada, path=repo.path), "main")
        entries = [hub.file_at(session, seen, path) for path in ("w.safetensors", "same.bin")]
    assert [entry.large for entry in entries] == [lfs, lfs]
    assert (clone(infra, repo, tmp_path) / "w.safetensors").read_bytes() == lfs.pointer()
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
    draft.add_large("other.bin", lfs.sha256, 8)
    with pytest.raises(LfsSizeWrong):
        draft.land(Message("wrong size"))


def test_a_stranger_cannot_claim_bytes_by_their_hash(infra: Infra, ada: Actor, eve: Actor, make: Make) -> None:
    secret, theirs = make("secret", private=True), make("copy", owner=eve)
    lfs = Lfs("ab" * 32, 7)
    with infra.db.unit() as session:
        hub.prove(session, by=ada.account, repository=secret.id, lfs=lfs, clock=infra.clock)
    draft = hub.open_draft(infra, actor=ada, path=secret.path, revision="main")
    draft.add_large("w.bin", lfs.sha256)
    draft.land(Message("secret weights"))
    stolen = hub.open_draft(infra, actor=eve, path=theirs.path, revision="main")
    stolen.add_large("w.bin", lfs.sha256, 7)
    with pytest.raises(LfsObjectAbsent):
        stolen.land(Message("give me that"))
    with infra.db.reader() as session:
        assert not hub.readable(session, actor=eve, repository=theirs, wanted=[lfs])
        assert hub.readable(session, actor=ada, repository=theirs, wanted=[lfs])


def test_concurrent_committers_lose_nothing(infra: Infra, ada: Actor, make: Make, tmp_path: Path) -> None:
    repo = make()
    failures: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for turn in range(8):
                commit(infra, ada, repo, {f"w{worker}/{turn}": f"{worker} {turn}".encode(), "shared": b"%d" % worker})
        except Exception as error:  # noqa: BLE001 - the test asserts that there was none
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    files = contents(infra, ada, repo)
    assert {path for path in files if path[0] == "w"} == {f"w{w}/{t}" for w in range(4) for t in range(8)}
    assert git("-C", str(clone(infra, repo, tmp_path)), "rev-list", "--count", "HEAD").strip() == "33"


def test_a_commit_larger_than_a_batch_is_staged(infra: Infra, ada: Actor, make: Make, tmp_path: Path) -> None:
    repo = make()
    files = {f"d{number % 30}/f{number}.txt": b"%d" % number for number in range(900)}
    commit(infra, ada, repo, files)
    found = contents(infra, ada, repo)
    found.pop(".gitattributes")
    assert found == files
    clone(infra, repo, tmp_path)


def test_the_card_describes_the_repository(infra: Infra, ada: Actor, make: Make) -> None:
    repo = make()
    commit(
        infra, ada, repo, {"README.md": b"---\nlicense: mit\ntags: [small]\npipeline_tag: text-generation\n---\n# Hi\n"}
    )
    with infra.db.reader() as session:
        seen = hub.see(session, actor=ada, path=repo.path)
        found = hub.list_repositories(session, actor=ada, query=hub.Query(tags=("license:mit", "small")))
        assert [item.id for item in found.items] == [repo.id]
    assert seen.pipeline_tag == "text-generation"
    assert "license:mit" in seen.tags
    draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
    draft.delete_file("README.md")
    draft.land(Message("no card"))
    with infra.db.reader() as session:
        assert hub.see(session, actor=ada, path=repo.path).tags == ()


NAMES = st.sampled_from(["a", "b", "c.txt", "d-e", "B", "ü", "a.b", "a0"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), PATHS, st.binary(max_size=3)),
        st.tuples(st.just("delete"), PATHS, st.just(b"")),
        st.tuples(st.just("prune"), PATHS, st.just(b"")),
    ),
    min_size=1,
    max_size=6,
)


def expected(files: Files, acts: list[tuple[str, str, bytes]]) -> Files | None:
    """Do the same to a dictionary; None where it cannot be done."""
    files = dict(files)
    for act, path, content in acts:
        below = [name for name in files if name.startswith(path + "/")]
        if act == "put":
            parts = path.split("/")
            if below or any("/".join(parts[:depth]) in files for depth in range(1, len(parts))):
                return None
            files[path] = content
        elif act == "delete":
            if path not in files:
                return None
            del files[path]
        else:
            if not below:
                return None
            for name in below:
                del files[name]
    return files


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(ACTS, min_size=1, max_size=4))
def test_any_sequence_of_commits_does_what_a_dictionary_does(
    infra: Infra, ada: Actor, rounds: list[list[tuple[str, str, bytes]]]
) -> None:
    with infra.db.unit() as session:
        path = hub.RepoPath(hub.RepoKind.MODEL, "ada", f"r{next(NUMBERS)}")
        repo = hub.create_repository(session, actor=ada, path=path, clock=infra.clock)
    model = contents(infra, ada, repo)
    for acts in rounds:
        wanted = expected(model, acts)
        draft = hub.open_draft(infra, actor=ada, path=repo.path, revision="main")
        for act, where, content in acts:
            match act:
                case "put":
                    draft.add_file(where, content)
                case "delete":
                    draft.delete_file(where)
                case _:
                    draft.delete_folder(where)
        if wanted is None:
            with pytest.raises((EntryNotFound, PathConflict)):
                draft.land(Message("cannot be"))
        else:
            draft.land(Message("can be"))
            model = wanted
        assert contents(infra, ada, repo) == model
