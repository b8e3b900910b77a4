"""The body of a commit, well formed and otherwise; preupload; the check of a card."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.hub.errors import CommitMalformed, CommitTooLarge
from modelyard.wire.hf.ndjson import MAX_LINE_BYTES, MAX_LINES, CommitReader
from tests.wires.hf.inside import Inside

HEADER = {"key": "header", "value": {"summary": "s", "description": "d"}}


class Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def add_file(self, path: str, content: bytes) -> None:
        self.told.append(("file", path, content))

    def add_large(self, path: str, sha256: str, size: int | None = None) -> None:
        self.told.append(("large", path, sha256, size))

    def delete_file(self, path: str) -> None:
        self.told.append(("gone", path))

    def delete_folder(self, path: str) -> None:
        self.told.append(("folder gone", path))


def file(path: str, content: bytes) -> dict[str, Any]:
    return {"key": "file", "value": {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}}


def lines(*documents: object) -> bytes:
    return "\n".join(map(json.dumps, documents)).encode()


BODY = lines(
    HEADER,
    file("a", b"1\n2"),
    {"key": "lfsFile", "value": {"path": "b", "algo": "sha256", "oid": "ab" * 32, "size": 5}},
    {"key": "deletedFile", "value": {"path": "c"}},
    {"key": "deletedFolder", "value": {"path": "d/"}},
    {"key": "file", "value": {"path": "ü", "content": "text"}},
)
TOLD = [
    ("file", "a", b"1\n2"),
    ("large", "b", "ab" * 32, 5),
    ("gone", "c"),
    ("folder gone", "d/"),
    ("file", "ü", b"text"),
]


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=8))
def test_a_body_means_the_same_however_it_is_cut(cuts: list[int]) -> None:
    notes = Notes()
    reader = CommitReader(notes)
    bounds = [0, *sorted(cuts), len(BODY)]
    for start, end in pairwise(bounds):
        reader.feed(BODY[start:end])
    message = reader.close()
    assert notes.told == TOLD
    assert (message.title, message.description, message.parent) == ("s", "d", None)


MALFORMED = [
    b"",
    b"\n\n",
    b"not json",
    b"[1]",
    b'{"key": "header"}',
    lines(file("a", b"")),
    lines(HEADER, HEADER),
    lines(HEADER, {"key": "rename", "value": {"path": "x"}}),
    lines(HEADER, {"key": "file", "value": {"path": 5, "content": ""}}),
    lines(HEADER, {"key": "file", "value": {"path": "a", "content": "***", "encoding": "base64"}}),
    lines(HEADER, {"key": "file", "value": {"path": "a", "content": "x", "encoding": "utf-7"}}),
    lines(HEADER, {"key": "file", "value": {"path": "a", "content": "\ud800", "encoding": "utf-8"}}),
    lines(HEADER, {"key": "lfsFile", "value": {"path": "a", "algo": "md5", "oid": "ab" * 32}}),
    lines(HEADER, {"key": "lfsFile", "value": {"path": "a", "oid": "AB" * 32}}),
    lines(HEADER, {"key": "lfsFile", "value": {"path": "a", "oid": "ab" * 32, "size": "5"}}),
    lines({"key": "header", "value": {"summary": "s", "parentCommit": 5}}),
    b"[" * 100_000,
    b"x" * (MAX_LINE_BYTES + 1),
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_bodies_are_refused_by_line(body: bytes) -> None:
    with pytest.raises((CommitMalformed, CommitTooLarge)):
        _read(body)


def test_a_commit_of_blank_lines_is_refused_before_it_costs_time() -> None:
    with pytest.raises(CommitTooLarge):
        _read(lines(HEADER) + b"\n" * (MAX_LINES + 1))


def _read(body: bytes) -> None:
    reader = CommitReader(Notes())
    reader.feed(body)
    reader.close()


def post(within: Inside, *documents: object) -> Any:
    body = documents[0] if isinstance(documents[0], bytes) else lines(*documents)
    return within.client.post("/api/models/ada/open/commit/main", content=body, headers=within.header("ada"))


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/.GIT/x", "a\\b", "a\u0000b", "\ud800", "x" * 2000])
def test_hostile_paths_are_refused_by_name(within: Inside, path: str) -> None:
    before = within.publish("open", {"a": b"1"})
    response = post(within, HEADER, file("fine", b""), file(path, b"x"))
    assert (response.status_code, response.headers["x-error-code"]) == (400, "PathRefused")
    assert within.client.get("/api/models/ada/open").json()["sha"] == before


def test_bodies_that_cannot_be_are_refused_whole(within: Inside) -> None:
    before = within.publish("open", {"a": b"1"})
    stale = {"key": "header", "value": {"summary": "s", "parentCommit": "0" * 40}}
    card = file("README.md", b"---\nlicense: [\n---\n")
    for body, status, code in (
        (lines(HEADER, file("x", b""), {"key": "deletedFile", "value": {"path": "none"}}), 404, "EntryNotFound"),
        (lines(HEADER, file("a/b", b"")), 400, "PathConflict"),
        (lines(HEADER, card), 400, "CardInvalid"),
        (lines(HEADER, file("x", b"0" * 10_000_001)), 400, "FileTooLarge"),
        (lines(stale, file("x", b"")), 412, "BranchMoved"),
        (b"nonsense", 400, "CommitMalformed"),
    ):
        response = post(within, body)
        assert (response.status_code, response.headers["x-error-code"]) == (status, code), response.text
        assert response.json()["error"] == response.json()["error"].strip()
    assert within.client.get("/api/models/ada/open").json()["sha"] == before
    done = post(within, HEADER, file("x", b""))
    assert done.json()["commitUrl"] == f"http://hub.test/ada/open/commit/{done.json()['commitOid']}"
    same = post(within, HEADER, file("x", b""))
    assert same.json()["commitOid"] == done.json()["commitOid"]


def test_preupload_decides(within: Inside) -> None:
    within.publish("open", {"kept.txt": b"same", ".gitignore": b"*.log\n"})
    files = [
        {"path": path, "size": size, "sample": base64.b64encode(sample).decode()}
        for path, size, sample in (
            ("kept.txt", 4, b"same"),
            ("x.log", 4, b"text"),
            ("m.gguf", 4, b"GGUF"),
            ("t.parquet", 1, b"x"),
            ("b.dat", 4, b"\0"),
            ("empty", 0, b""),
        )
    ]
    address = "/api/models/ada/open/preupload/main"
    told = within.client.post(address, json={"files": files}, headers=within.header("ada")).json()["files"]
    assert [item["uploadMode"] for item in told] == ["regular", "regular", "lfs", "lfs", "lfs", "regular"]
    assert [item["shouldIgnore"] for item in told] == [False, True, False, False, False, False]
    assert [("oid" in item) for item in told] == [True, False, False, False, False, False]
    for bad in ([{"path": "../x", "size": 1, "sample": ""}], [{"path": "x"}], "x", [{"path": "x", "size": -1}], [1]):
        response = within.client.post(address, json={"files": bad}, headers=within.header("ada"))
        assert response.status_code == 400
    refused = within.client.post(address + "?create_pr=1", json={"files": []}, headers=within.header("ada"))
    assert refused.status_code == 400


def test_a_card_is_checked(within: Inside) -> None:
    def check(content: str, accept: str = "*/*") -> Any:
        body = {"content": content, "repoType": "model"}
        return within.client.post("/api/validate-yaml", json=body, headers={"Accept": accept})

    assert check("---\nlicense: mit\n---\n").json() == {"errors": [], "warnings": []}
    assert check("# bare").json()["warnings"]
    bad = check("---\ntags: 5\n---\n")
    assert bad.status_code == 400
    assert "tags" in bad.json()["errors"][0]["message"]
    assert "tags" in check("---\ntags: 5\n---\n", "text/plain").text


def test_odd_json_is_refused(within: Inside) -> None:
    within.publish("open", {})
    for body in (b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000):
        for path in ("/api/repos/create", "/api/models/ada/open/preupload/main", "/api/validate-yaml"):
            response = within.client.post(path, content=body, headers=within.header("ada"))
            assert response.status_code == 400, (body, path)
    for asked in (
        {"name": "x", "type": "kernel"},
        {"name": 5},
        {"name": "\ud800"},
        {"name": "a b"},
        {"name": "x", "visibility": "secret"},
    ):
        response = within.client.post("/api/repos/create", content=json.dumps(asked), headers=within.header("ada"))
        assert response.status_code == 400
    nobody = within.client.post(
        "/api/repos/create", json={"name": "x", "organization": "\0"}, headers=within.header("ada")
    )
    assert nobody.status_code == 404
