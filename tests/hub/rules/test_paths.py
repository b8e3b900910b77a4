"""Hostile paths are refused, and whatever is accepted git itself accepts."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.hub.errors import PathRefused
from modelyard.hub.rules.objects import blob_id
from modelyard.hub.rules.paths import check_path, decode_path
from modelyard.hub.rules.trees import Entry, Mode, encode

REFUSED = [
    "",
    "/",
    "/etc/passwd",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a\\b",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "\ud800",
    ".git",
    ".GIT/config",
    "a/.Git/b",
    ".git./x",
    ".git /x",
    ".git::$INDEX_ALLOCATION/x",
    "git~1",
    "GIT~1/x",
    ".g\u200cit",
    ".gi\ufefft/x",
    ".gitmodules",
    "a/.GITMODULES",
    "gitmod~1",
    ".gitATTRIBUTES",
    "x" * 256,
    "/".join(["deep"] * 65),
    "/".join(["x" * 200] * 6),
]


@pytest.mark.parametrize("path", REFUSED, ids=ascii)
def test_hostile_paths_are_refused_by_name(path: str) -> None:
    with pytest.raises(PathRefused) as caught:
        check_path(path)
    assert caught.value.field == "path"
    assert str(caught.value).isprintable()


PLAIN = ["a", "a/b.c", ".gitattributes", ".gitignore", "模型/权重.bin", "a b", ".gitx", "git", "-x"]


@pytest.mark.parametrize("path", PLAIN)
def test_plain_paths_are_accepted(path: str) -> None:
    assert check_path(path) == path


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(PathRefused):
        decode_path(b"a/\xff")
    assert decode_path("ü".encode()) == "ü"


SEGMENTS = st.one_of(
    st.sampled_from([".git", "git~1", ".gitmodules", "..", "a", ".gitattributes", ".git\u200c", "GIT~2"]),
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8),
)


@settings(max_examples=60, deadline=None)
@given(name=SEGMENTS)
def test_what_is_accepted_passes_fsck(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        check_path(name)
    except PathRefused:
        return
    repo = tmp_path_factory.mktemp("fsck")
    tree = encode([Entry(name, Mode.FILE, blob_id(b""), 0)])
    _git(repo, "init", "--quiet", "--bare", ".")
    _git(repo, "hash-object", "-w", "--stdin", data=b"")
    written = _git(repo, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", data=tree.body)
    assert written == tree.oid
    _git(repo, "fsck", "--strict")


def _git(repo: Path, *arguments: str, data: bytes = b"") -> str:
    done = subprocess.run(["git", *arguments], cwd=repo, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()
