"""Which files are large: our reading of .gitattributes and .gitignore is git's."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelyard.hub.errors import AttributesRefused
from modelyard.hub.rules.attributes import (
    DEFAULT_ATTRIBUTES,
    Attributes,
    Ignore,
    UploadMode,
    check_attributes,
    looks_binary,
    upload_mode,
)

PIECE = st.sampled_from(["a", "b", "*", "?", "**", "a*", "*b", "a?b", "[ab]", "[!a]", "[a-c]", ".", "ab", "a*b*"])
PATTERN = st.lists(PIECE, min_size=1, max_size=4).map("/".join)
PART = st.sampled_from(["a", "b", "ab", "aab", "x.", "c"])
PATHS = st.lists(st.lists(PART, min_size=1, max_size=4).map("/".join), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attributes")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


@settings(max_examples=80, deadline=None)
@example(patterns=["saved_model/**/*", "*.bin"], paths=["saved_model/a/b", "x/saved_model/a", "a.bin", "x/a.bin"])
@given(patterns=st.lists(PATTERN, min_size=1, max_size=3), paths=PATHS)
def test_attributes_match_as_git_matches(repo: Path, patterns: list[str], paths: list[str]) -> None:
    text = "".join(f"{p} {'filter=lfs' if n % 3 != 1 else '-filter'}\n" for n, p in enumerate(patterns))
    (repo / ".gitattributes").write_text(text)
    line = ["git", "check-attr", "-z", "--stdin", "filter"]
    out = subprocess.run(line, cwd=repo, input="\0".join(paths).encode(), capture_output=True, check=True).stdout
    said = out.decode().split("\0")[2::3]
    ours = Attributes(text)
    assert [ours.lfs(path) for path in paths] == [
        {"lfs": True, "unset": False, "unspecified": None}[word] for word in said
    ]


@settings(max_examples=80, deadline=None)
@given(patterns=st.lists(st.tuples(PATTERN, st.booleans()), min_size=1, max_size=3), paths=PATHS)
def test_ignoring_matches_as_git_matches(repo: Path, patterns: list[tuple[str, bool]], paths: list[str]) -> None:
    text = "".join(("!" if kept else "") + pattern + "\n" for pattern, kept in patterns)
    (repo / ".gitignore").write_text(text)
    line = ["git", "check-ignore", "-z", "--stdin", "--no-index", "--verbose", "--non-matching"]
    out = subprocess.run(line, cwd=repo, input="\0".join(paths).encode(), capture_output=True, check=False).stdout
    matched = out.decode().split("\0")[2::4]
    said = [bool(pattern) and not pattern.startswith("!") for pattern in matched]
    ours = Ignore(text)
    assert [ours.ignores(path) for path in paths] == said


def test_a_hostile_pattern_costs_little() -> None:
    text = "".join(f"{'a*' * 120}{number} filter=lfs\n" for number in range(50))
    started = time.thread_time()
    Attributes(text).lfs("a" * 255)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(
    ("path", "size", "sample", "mode"),
    [
        ("model.safetensors", 10, b"{}", UploadMode.LFS),
        ("rows.PARQUET", 1, b"x", UploadMode.LFS),
        ("notes.txt", 100, "ü".encode()[:1], UploadMode.REGULAR),
        ("notes.txt", 100, b"\xff\xfe", UploadMode.LFS),
        ("notes.txt", 10_000_001, b"text", UploadMode.LFS),
        ("notes.txt", 10_000_000, b"text", UploadMode.REGULAR),
        ("empty.bin", 0, b"", UploadMode.REGULAR),
        ("picture.png", 10, b"\x89PNG\0", UploadMode.LFS),
    ],
)
def test_where_a_file_goes(path: str, size: int, sample: bytes, mode: UploadMode) -> None:
    assert upload_mode(path, size=size, sample=sample, attributes=Attributes(DEFAULT_ATTRIBUTES)) is mode


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0")), cut=st.integers(0, 40))
def test_text_cut_anywhere_is_text(text: str, cut: int) -> None:
    assert not looks_binary(text.encode()[:cut])


def test_a_line_that_git_ignores_is_refused() -> None:
    check_attributes("a/.gitattributes", b"x" * 2047 + b"\n")
    check_attributes("a/other", b"x" * 5000)
    with pytest.raises(AttributesRefused):
        check_attributes("a/.gitattributes", b"x" * 2048 + b"\n")


def test_lines_that_say_nothing_of_lfs_are_passed_over() -> None:
    text = (
        '# note\n\n!*.bin filter=lfs\n[attr]x filter=lfs\n*.txt text\n"*.dat" filter=lfs\n[b-a] filter=lfs\n'
        + "x" * 600
    )
    attributes = Attributes(text)
    assert [attributes.lfs(path) for path in ("a.bin", "a.txt", "a.dat", "a")] == [None, None, True, None]
    ignore = Ignore("# note\n\n!\n*.log\nbuild/\n" + "x" * 600 + "\n!kept.log\n")
    ignored = {path: ignore.ignores(path) for path in ("a.log", "kept.log", "build/x", "build", "a")}
    assert ignored == {"a.log": True, "kept.log": False, "build/x": True, "build": False, "a": False}
