"""Large files: received whole and proven, or not there at all."""

import errno
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from modelyard.infra import Infra
from modelyard.infra.blobs import FileBlobs
from modelyard.infra.blobs.disk import RealDisk
from modelyard.kernel import ManualClock
from tests.wires.hf.inside import Inside, inside

CONTENT = b"weights" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()


def batch(within: Inside, operation: str = "upload", who: str = "ada", repo: str = "ada/open", **change: Any) -> Any:
    """Ask where to send or get the content."""
    asked = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": SHA, "size": len(CONTENT)}], **change}
    address = f"/{repo}.git/info/lfs/objects/batch"
    return within.client.post(address, content=json.dumps(asked), headers=within.header(who))


def actions(within: Inside, operation: str = "upload", **change: Any) -> dict[str, Any]:
    """Return the actions for the one object."""
    response = batch(within, operation, **change)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["objects"][0].get("actions", {})
    return found


def commit(within: Inside, **change: Any) -> Any:
    """Commit the object as w.bin."""
    lines = [
        {"key": "header", "value": {"summary": "weights"}},
        {"key": "lfsFile", "value": {"path": "w.bin", "algo": "sha256", "oid": SHA, "size": len(CONTENT), **change}},
    ]
    body = "\n".join(map(json.dumps, lines))
    return within.client.post("/api/models/ada/open/commit/main", content=body, headers=within.header("ada"))


def nothing_is_there(within: Inside) -> None:
    """Assert that no trace of the upload can be seen."""
    assert within.infra.blobs.stat(SHA) is None
    assert not list((within.infra.settings.data_dir / "blobs" / "staging").iterdir())
    assert "upload" in actions(within)
    refused = commit(within)
    assert (refused.status_code, refused.headers["x-error-code"]) == (400, "LfsObjectAbsent")


@pytest.fixture
def opened(within: Inside) -> Inside:
    within.publish("open", {})
    return within


def test_the_whole_way_in_and_out(opened: Inside) -> None:
    asked = actions(opened)
    assert asked["upload"]["href"].startswith("http://hub.test/_lfs/upload/")
    verify = {"content": json.dumps({"oid": SHA, "size": len(CONTENT)})}
    assert opened.client.post(asked["verify"]["href"], **verify).status_code == 422
    assert opened.client.put(asked["upload"]["href"], content=CONTENT).status_code == 200
    assert opened.client.post(asked["verify"]["href"], **verify).status_code == 200
    assert actions(opened) == {}
    assert commit(opened).status_code == 200
    got = opened.client.get(actions(opened, "download", who="")["download"]["href"], headers={"Range": "bytes=7-13"})
    assert (got.status_code, got.content) == (206, b"weights")
    assert opened.client.get("/ada/open/resolve/main/w.bin").content == CONTENT


@pytest.mark.parametrize(
    "content", [CONTENT[:-1], CONTENT + b"x", b"", CONTENT[:-1] + b"x"], ids=["cut", "long", "empty", "other"]
)
@pytest.mark.parametrize("announced", [True, False])
def test_other_bytes_leave_nothing(opened: Inside, content: bytes, announced: bool) -> None:
    href = actions(opened)["upload"]["href"]
    sent = opened.client.put(href, content=content if announced else iter([content]))
    assert sent.status_code == 422
    assert sent.json()["message"]
    nothing_is_there(opened)


def test_a_full_disk_leaves_nothing(sqlite_infra: Infra) -> None:
    class Full(RealDisk):
        def sync_file(self, handle: int) -> None:
            raise OSError(errno.ENOSPC, "no space left on device")

    root = sqlite_infra.settings.data_dir / "blobs"
    with inside(replace(sqlite_infra, blobs=FileBlobs(root, disk=Full()))) as within:
        within.publish("open", {})
        sent = within.client.put(actions(within)["upload"]["href"], content=CONTENT)
        assert (sent.status_code, sent.headers["x-error-code"]) == (507, "StorageFull")
        nothing_is_there(within)


def test_addresses_open_only_what_they_were_signed_for(opened: Inside, clock: ManualClock) -> None:
    href = actions(opened)["upload"]["href"]
    other = hashlib.sha256(b"other").hexdigest()
    forged = [
        href.replace(SHA, other),
        href.replace(f"size={len(CONTENT)}", "size=5"),
        href.replace("until=", "until=9"),
        href.replace("by=acc", "by=acd"),
        href.split("?")[0],
        href[:-1] + ("0" if href[-1] != "0" else "1"),
    ]
    for address in forged:
        assert opened.client.put(address, content=CONTENT).status_code == 403
    assert opened.client.get(href.replace("/upload/", "/download/")).status_code == 403
    clock.advance(timedelta(hours=13))
    assert opened.client.put(href, content=CONTENT).status_code == 403
    nothing_is_there(opened)


def test_a_stranger_gets_neither_bytes_nor_knowledge(opened: Inside) -> None:
    opened.publish("secret", {}, private=True)
    assert opened.client.put(actions(opened, repo="ada/secret")["upload"]["href"], content=CONTENT).status_code == 200
    assert batch(opened, "download", who="eve", repo="ada/secret").status_code == 404
    error = batch(opened, "download", who="eve").json()["objects"][0]["error"]
    assert error["code"] == 404
    assert "upload" in actions(opened)
    assert commit(opened).headers["x-error-code"] == "LfsObjectAbsent"


def test_an_upload_to_a_repository_that_is_gone_is_refused(opened: Inside) -> None:
    href = actions(opened)["upload"]["href"]
    asked = {"name": "open", "organization": "ada"}
    opened.client.request("DELETE", "/api/repos/delete", json=asked, headers=opened.header("ada"))
    assert opened.client.put(href, content=CONTENT).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "steal"},
        {"hash_algo": "md5"},
        {"transfers": ["tus"]},
        {"objects": None},
        {"objects": [{"oid": "../x", "size": 1}]},
        {"objects": [{"oid": SHA, "size": -1}]},
        {"objects": [{"oid": SHA, "size": 2**70}]},
        {"objects": [{"oid": SHA, "size": True}]},
        {"objects": ["x"]},
        {"objects": [{"oid": SHA, "size": 1}] * 1001},
    ],
    ids=range(10),
)
def test_odd_batches_are_refused(opened: Inside, change: dict[str, Any]) -> None:
    response = batch(opened, **change)
    assert response.status_code == 422
    assert response.json()["message"]


def test_wrong_sizes_in_commits_are_refused(opened: Inside, tmp_path: Path) -> None:
    opened.client.put(actions(opened)["upload"]["href"], content=CONTENT)
    assert commit(opened, size=1).headers["x-error-code"] == "LfsSizeWrong"
    assert commit(opened, size=None).status_code == 200
    tree = opened.client.get("/api/models/ada/open/tree/main").json()
    assert tree[-1]["lfs"] == {"oid": SHA, "size": len(CONTENT), "pointerSize": 129}
