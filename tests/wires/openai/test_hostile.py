"""Strangers and proxies at the rim: nobody unknown is listened to, and nobody else names what is held."""

import asyncio
import socket
import time
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from modelyard.infra import Catalogs, SystemClock, mint
from modelyard.kernel import is_id
from modelyard.web import Edge, Links, SecureHeaders
from modelyard.wire.openai import asgi
from modelyard.wire.openai.asgi import ClientGone
from modelyard.wire.openai.errors import BodyUnsound
from modelyard.wire.openai.requests import read as parse
from modelyard.wire.openai.routes import Rim
from tests.serving.shop import JAPAN, MODEL, Shop

LARGEST = b" " * (8 * 1024 * 1024)


def _send(shop: Shop, head: str, body: bytes) -> bytes:
    """Send a request and only a part of its body; return the first line of what comes back."""
    with socket.create_connection(("127.0.0.1", shop.port), timeout=10) as client:
        request = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(LARGEST)}\r\n\r\n"
        client.sendall(request.encode() + body)
        return client.recv(65536).partition(b"\r\n")[0]


@pytest.mark.parametrize("head", ["", "Authorization: Bearer my_unknown\r\n"], ids=["no token", "unknown token"])
def test_a_stranger_s_body_is_not_read(shop: Shop, head: str) -> None:
    assert b" 401 " in _send(shop, head, b"{")


def test_a_body_that_never_ends_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "LONGEST_UPLOAD", 0.3)
    assert b" 400 " in _send(shop, f"Authorization: Bearer {shop.key}\r\n", b"{")


def test_a_large_body_does_not_stop_the_others(shop: Shop) -> None:
    body = b'{"model": "m", "messages": [' + b"[]," * 2_500_000 + b"[]]}"
    parsed_apart = []
    read = asyncio.to_thread

    async def noticed(*args: Any, **more: Any) -> object:
        parsed_apart.append(args[0])
        return await read(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelyard.wire.openai.routes.asyncio.to_thread", noticed)
        headers = {"Authorization": f"Bearer {shop.key}"}
        answer = httpx2.post(f"{shop.url}/chat/completions", headers=headers, content=body, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0]"
    assert parse in parsed_apart


def test_a_client_that_reads_nothing_is_as_good_as_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "LONGEST_STALL", 0.01)

    async def never(_message: Message) -> None:
        await asyncio.Event().wait()

    with pytest.raises(ClientGone):
        asyncio.run(asgi.deliver(never, b"data: {}\n\n"))


def test_a_body_that_comes_in_drops_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "LONGEST_UPLOAD", 0.05)

    async def drops() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    began = time.monotonic()
    with pytest.raises(BodyUnsound):
        asyncio.run(asgi.body_of(drops))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("said", ["trace-0007", "req_01kaj000000000000000000000"])
def test_a_proxy_s_request_id_never_names_a_hold(said: str) -> None:
    clock = SystemClock()
    rim = Rim(Catalogs({}), clock, None)
    names: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        names.append(rim.name(scope))
        await PlainTextResponse("x", headers={"x-request-id": names[-1]})(scope, receive, send)

    edge = Edge(Links("http://127.0.0.1"), [ip_network("127.0.0.0/8")], lambda prefix: mint(prefix, clock))
    client = TestClient(SecureHeaders(app, edge), client=("127.0.0.1", 1))
    told = [client.get("/", headers={"x-request-id": said}).headers["x-request-id"] for _ in range(2)]
    told.append(client.get("/").headers["x-request-id"])

    assert told == names
    assert len(set(names)) == 3
    assert all(is_id(name, "req") for name in names)
    assert said not in names


def test_the_client_s_key_is_its_account_s_own_and_the_answer_tells_the_receipt_s_name(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": "order-1"}
    for stream in (False, True):
        headers["Idempotency-Key"] = f"order-{stream}"
        body = {"model": MODEL, "messages": JAPAN, "max_tokens": 4, "stream": stream}
        answer = httpx2.post(f"{shop.url}/chat/completions", headers=headers, json=body, timeout=30)
        assert answer.headers["x-request-id"] == f"{shop.customer.id}:order-{stream}"
        assert (answer.headers["x-request-id"],) in shop.rows("SELECT id FROM usage_event")
