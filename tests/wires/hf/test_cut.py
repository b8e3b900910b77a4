"""Connections that are cut in the middle of an upload leave nothing behind, and no trace in the log."""

import hashlib
import json
import socket
from urllib.parse import urlsplit

from tests.support.waiting import eventually
from tests.wires.hf.conftest import Hub

CONTENT = b"x" * 1_000_000
SHA = hashlib.sha256(CONTENT).hexdigest()


def cut(hub: Hub, method: str, address: str, body: bytes, *, said: int, token: str = "") -> None:
    """Send the head and a part of a body, then hang up."""
    parts = urlsplit(address)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", "Host: hub.test", f"Content-Length: {said}"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    with socket.create_connection(("127.0.0.1", int(hub.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def test_cut_uploads_leave_nothing(hub_server: Hub) -> None:
    token = hub_server.user("ada")
    hub_server.call("POST", "/api/repos/create", token, json={"name": "open"})
    asked = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": SHA, "size": len(CONTENT)}]}
    batch = hub_server.call("POST", "/ada/open.git/info/lfs/objects/batch", token, json=asked).json()
    href = batch["objects"][0]["actions"]["upload"]["href"]
    staging = hub_server.infra.settings.data_dir / "blobs" / "staging"
    cut(hub_server, "PUT", href, CONTENT[:500_000], said=len(CONTENT))
    before = hub_server.call("GET", "/api/models/ada/open").json()["sha"]
    lines = [
        {"key": "header", "value": {"summary": "cut"}},
        {"key": "file", "value": {"path": "a", "content": "", "encoding": "base64"}},
    ]
    body = "\n".join(map(json.dumps, lines)).encode()
    cut(hub_server, "POST", "/api/models/ada/open/commit/main", body, said=len(body) + 10, token=token)
    assert eventually(lambda: not list(staging.iterdir()))
    assert hub_server.infra.blobs.stat(SHA) is None
    info = hub_server.call("GET", "/api/models/ada/open").json()
    assert info["sha"] == before
    assert hub_server.call("PUT", href.removeprefix(hub_server.url), content=CONTENT).status_code == 200
    assert "Traceback" not in hub_server.log.read_text()
