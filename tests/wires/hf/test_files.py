"""Downloads: whole, in part, again, and never as a page of ours."""

import hashlib
from urllib.parse import quote

import pytest

from modelyard import hub
from modelyard.hub.rules.objects import blob_id
from modelyard.kernel import RepoId
from tests.support.waiting import eventually
from tests.wires.hf.inside import Inside

CONTENT = bytes(range(256)) * 40
LARGE = b"0123456789" * 700_000
PATHS = ("/ada/open/resolve/main/data.txt", "/ada/open/resolve/main/big.bin")


@pytest.fixture
def commit(within: Inside) -> str:
    files = {"data.txt": CONTENT, "dir/a b#ü.json": b"{}", "page.html": b"<script>", "x.svg": b"<svg/>", "empty": b""}
    within.publish("open", files)
    infra = within.infra
    with infra.blobs.stage() as staging:
        staging.write(LARGE)
        blob = staging.commit()
    with infra.db.unit() as session:
        repo = hub.see(session, actor=within.actors["ada"], path=hub.RepoPath(hub.RepoKind.MODEL, "ada", "open"))
        lfs = hub.Lfs(blob.sha256, blob.size)
        hub.prove(session, by=None, repository=repo.id, lfs=lfs, clock=infra.clock)
    draft = hub.open_draft(infra, actor=within.actors["ada"], path=repo.path, revision="main")
    draft.add_large("big.bin", blob.sha256)
    return draft.land(hub.Message("Add weights")).oid


def test_head_tells_what_clients_read(within: Inside, commit: str) -> None:
    small = within.client.head(PATHS[0]).headers
    assert small["etag"] == f'"{blob_id(CONTENT)}"'
    assert small["x-repo-commit"] == commit
    assert small["content-length"] == str(len(CONTENT))
    large = within.client.head(PATHS[1]).headers
    assert large["etag"] == large["x-linked-etag"] == f'"{hashlib.sha256(LARGE).hexdigest()}"'
    assert large["x-linked-size"] == large["content-length"] == str(len(LARGE))
    assert large["accept-ranges"] == "bytes"


@pytest.mark.parametrize(("path", "content"), [(PATHS[0], CONTENT), (PATHS[1], LARGE)])
@pytest.mark.parametrize("asked", ["0-0", "5-99", "100-", "-7", "0-99999999999", "3-3"])
def test_parts_are_parts(within: Inside, commit: str, path: str, content: bytes, asked: str) -> None:
    response = within.client.get(path, headers={"Range": f"bytes={asked}"})
    first, _, last = asked.partition("-")
    start = int(first) if first else len(content) - int(last)
    end = min(int(last) + 1, len(content)) if first and last else len(content)
    assert response.content == content[start:end]
    whole = end - start == len(content)
    assert response.status_code == (200 if whole else 206)
    if not whole:
        assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(content)}"


@pytest.mark.parametrize("path", PATHS)
def test_odd_ranges(within: Inside, commit: str, path: str) -> None:
    whole = within.client.get(path).content
    for odd in ("bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "nonsense"):
        response = within.client.get(path, headers={"Range": odd})
        assert (response.status_code, response.content) == (200, whole)
    for outside in (f"bytes={len(whole)}-", "bytes=-0", "bytes=99999999999-"):
        response = within.client.get(path, headers={"Range": outside})
        assert response.status_code == 416
        assert response.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize("path", PATHS)
def test_what_a_client_has_is_not_sent_again(within: Inside, commit: str, path: str) -> None:
    etag = within.client.head(path).headers["etag"]
    for given in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = within.client.get(path, headers={"If-None-Match": given})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
    changed = {"Range": "bytes=0-1", "If-Range": '"other"'}
    assert within.client.get(path, headers=changed).status_code == 200
    same = {"Range": "bytes=0-1", "If-Range": etag}
    assert within.client.get(path, headers=same).status_code == 206


def test_an_empty_file_is_sent(within: Inside, commit: str) -> None:
    response = within.client.get("/ada/open/resolve/main/empty")
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")


def test_content_never_runs_as_a_page_of_ours(within: Inside, commit: str) -> None:
    for name in ("page.html", "x.svg", "big.bin", "data.txt"):
        headers = within.client.get(f"/ada/open/resolve/main/{name}").headers
        assert "sandbox" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert not headers["content-type"].startswith("text/html")
        if name != "data.txt":
            assert headers["content-disposition"].startswith("attachment")


def test_paths_are_decoded_after_they_were_cut(within: Inside, commit: str) -> None:
    path = quote("dir/a b#ü.json", safe="")
    assert within.client.get(f"/ada/open/resolve/refs%2Fheads%2Fmain/{path}").json() == {}
    assert within.client.get(f"/ada/open/resolve/{commit}/{path}").headers["x-repo-commit"] == commit


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ada/open/resolve/main/none", "EntryNotFound"),
        ("/ada/open/resolve/main/dir", "EntryNotFound"),
        ("/ada/open/resolve/main/..%2f..%2fetc%2fpasswd", "EntryNotFound"),
        ("/ada/open/resolve/main/%00", "EntryNotFound"),
        ("/ada/open/resolve/main/%ff%fe", "EntryNotFound"),
        ("/ada/open/resolve/none/x", "RevisionNotFound"),
        ("/ada/open/resolve/%00/x", "RevisionNotFound"),
        ("/ada/open/resolve/%ff/x", "RevisionNotFound"),
        ("/ada/none/resolve/main/x", "RepoNotFound"),
        ("/ada/%00/resolve/main/x", "RepoNotFound"),
        ("/datasets/ada/open/resolve/main/x", "RepoNotFound"),
        ("/bert/resolve/main/x", "RepoNotFound"),
    ],
)
def test_absence_is_named(within: Inside, commit: str, path: str, code: str) -> None:
    response = within.client.get(path)
    assert response.status_code == 404
    assert response.headers["x-error-code"] == code
    assert response.headers["x-error-message"]
    assert response.headers["x-request-id"]
    assert response.json()["error"]
    if code == "EntryNotFound":
        assert response.headers["x-repo-commit"] == commit


def test_a_forged_host_leads_nowhere(within: Inside, commit: str) -> None:
    listed = within.client.get("/api/models/ada/open/commits/main?limit=1", headers={"Host": "evil.example"})
    assert listed.headers["link"].startswith("<http://hub.test/api/models/ada/open/commits/main?")
    assert "evil" not in str(listed.headers)


def test_a_download_counts_once(within: Inside, commit: str) -> None:
    for _ in range(3):
        for path in PATHS:
            within.client.get(path, headers={"X-HF-Download-Counter": "1"})
    within.client.get(PATHS[0])
    assert eventually(lambda: _downloads(within) == 1)
    within.client.get(PATHS[0], headers={"X-HF-Download-Counter": "1", **within.header("eve")})
    assert eventually(lambda: _downloads(within) == 2)


def _downloads(within: Inside) -> int:
    told = within.client.get("/api/models/ada/open").json()
    assert RepoId(told["_id"])
    return int(told["downloads"])
