"""Ids and trees are git's own."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.hub.rules.objects import ObjectType, Oid, Signature, blob_id, encode_commit, encode_tag, object_id
from modelyard.hub.rules.pointers import Lfs, parse_pointer
from modelyard.hub.rules.trees import EMPTY, Entry, Mode, decode, encode, lookup

NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6), unique=True, max_size=8
)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--bare", ".")
    return tmp_path


def git(repo: Path, *arguments: str, data: bytes = b"") -> str:
    done = subprocess.run(["git", *arguments], cwd=repo, input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_blobs_have_the_ids_that_git_gives(repo: Path) -> None:
    for content in (b"", b"hello\n", bytes(range(256)) * 100):
        assert git(repo, "hash-object", "-w", "--stdin", data=content) == blob_id(content)


def test_trees_are_in_the_order_that_git_wants(repo: Path) -> None:
    blob = Oid(git(repo, "hash-object", "-w", "--stdin", data=b"x"))
    entries = [
        Entry(name, mode, EMPTY.oid if mode is Mode.FOLDER else blob, 1)
        for name, mode in [
            ("a", Mode.FOLDER),
            ("a.b", Mode.FILE),
            ("a-b", Mode.EXECUTABLE),
            ("a0", Mode.LINK),
            ("ä", Mode.FILE),
        ]
    ]
    git(repo, "hash-object", "-w", "-t", "tree", "--stdin", data=b"")
    lines = "".join(f"{e.mode.zfill(6)} {'tree' if e.is_folder else 'blob'} {e.oid}\t{e.name}\0" for e in entries)
    assert git(repo, "mktree", "-z", data=lines.encode()) == encode(entries).oid


def test_commits_and_tags_are_accepted(repo: Path) -> None:
    git(repo, "hash-object", "-w", "-t", "tree", "--stdin", data=b"")
    who = Signature("Ada <x>\n", "ada@users.noreply", datetime(2026, 1, 1, tzinfo=UTC))
    body = encode_commit(EMPTY.oid, [], who, "title \ud800\0\n\nbody\n\n\n")
    commit = git(repo, "hash-object", "-w", "-t", "commit", "--stdin", data=body)
    assert commit == object_id(ObjectType.COMMIT, body)
    tag = encode_tag(object_id(ObjectType.COMMIT, body), "v1", who, "first")
    git(repo, "update-ref", "refs/tags/v1", git(repo, "hash-object", "-w", "-t", "tag", "--stdin", data=tag))
    git(repo, "fsck", "--strict", "--full")


@given(
    names=NAMES,
    sizes=st.lists(st.integers(0, 2**62), min_size=8, max_size=8),
    large=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_a_tree_is_read_back_as_it_was_written(names: list[str], sizes: list[int], large: list[bool]) -> None:
    entries = [
        Entry(name, Mode.FILE, blob_id(name.encode()), size, "ab" * 32 if is_large else None)
        for name, size, is_large in zip(names, sizes, large, strict=False)
    ]
    tree = encode(entries)
    assert sorted(decode(tree.body, tree.notes)) == sorted(entries)
    assert tree.size == sum(entry.size for entry in entries)


@given(size=st.integers(0, 10**17))
def test_a_pointer_is_read_back_as_it_was_written(size: int) -> None:
    lfs = Lfs("0123456789abcdef" * 4, size)
    assert parse_pointer(lfs.pointer()) == lfs


POINTER = Lfs("ab" * 32, 5).pointer()


@pytest.mark.parametrize("content", [POINTER + b"x", POINTER.upper(), POINTER.replace(b"v1", b"v2"), b"", b"\xff"])
def test_what_is_not_quite_a_pointer_is_text(content: bytes) -> None:
    assert parse_pointer(content) is None


@given(names=NAMES, wanted=st.text(max_size=3), large=st.booleans())
def test_looking_up_a_name_is_reading_the_tree(names: list[str], wanted: str, large: bool) -> None:
    entries = [Entry(name, Mode.FILE, blob_id(name.encode()), 7, "ab" * 32 if large else None) for name in names]
    tree = encode(entries)
    for name in [*names, wanted]:
        assert lookup(tree.body, tree.notes, name) == next((e for e in entries if e.name == name), None)
