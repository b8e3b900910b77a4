"""What people tried in order to get answers free, or to keep the gateway from others; none of it works."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from modelyard.accounts import Scope
from modelyard.infra import Infra, epoch
from modelyard.metering import Keeper
from modelyard.serving import Deployment, Shape, Stage
from modelyard.serving.engines.llamacpp import _DIALECT
from modelyard.serving.errors import EngineDied, EngineRejected
from modelyard.serving.gateway.admission import to_the_end
from modelyard.serving.gateway.upstream import _refused
from modelyard.serving.runtime import Limits
from modelyard.wire.openai import asgi
from tests.serving.shop import ENDLESS, JAPAN, MODEL, Shop, open_shop
from tests.serving.test_faults import worker
from tests.support.waiting import eventually

FOREVER = {"2": -100}
IMPATIENT = Limits(probe=0.5, queue=0.5)


@pytest.fixture
def deployment(shop: Shop) -> Deployment:
    return warm(shop)


def warm(shop: Shop) -> Deployment:
    made = shop.deploy(shape=Shape(context=4096, slots=2, max_output=4000))
    shop.price(made)
    shop.top_up("10")
    assert shop.reaches(made, Stage.WARM)
    return made


def ask(shop: Shop, key: str | None = None, *, timeout: float = 30, **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key or shop.key}", **more.pop("headers", {})}
    body = {"model": MODEL, "messages": JAPAN, "max_tokens": 16, **more}
    return httpx2.post(f"{shop.url}/chat/completions", headers=headers, json=body, timeout=timeout)


def leave(shop: Shop, after: float, **more: Any) -> None:
    with pytest.raises(httpx2.ReadTimeout):
        ask(shop, timeout=after, **more)


@contextmanager
def changing_epochs(shop: Shop) -> Iterator[None]:
    """Somebody changes something of no concern, all the time."""
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            with shop.infra.db.unit() as session:
                epoch.bump(session)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_stream_of_unrelated_changes_keeps_nobody_out(shop_on_both: Shop) -> None:
    shop = shop_on_both
    warm(shop)
    with changing_epochs(shop), ThreadPoolExecutor(4) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: ask(shop, max_tokens=2), range(24))]
    assert statuses == [200] * 24
    assert shop.holds() == ["settled"] * 24
    assert shop.books_are_right()


def test_what_changed_while_the_epoch_raced_still_bites(shop: Shop, deployment: Deployment) -> None:
    from modelyard import accounts

    bob = shop.actor(shop.customer)
    with changing_epochs(shop):
        assert ask(shop).status_code == 200
        with shop.infra.db.unit() as session:
            (token,) = accounts.list_tokens(session, actor=bob, user=shop.customer.id)
            accounts.revoke_token(session, actor=bob, token=token.id, clock=shop.infra.clock)
        assert ask(shop).status_code == 401


def test_an_engine_that_is_lost_in_requests_nobody_waits_for_is_started_again(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra, IMPATIENT) as shop:
        deployment = warm(shop)
        os.kill(worker(shop), signal.SIGSTOP)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: leave(shop, 0.5, stream=True), range(4)))

        assert eventually(lambda: shop.stages(deployment).count(Stage.WARM) == 2, 20)
        assert ask(shop).status_code == 200
        assert eventually(lambda: "open" not in shop.holds())
        assert len(shop.settled()) == 1


def test_an_engine_that_answers_is_not_started_again_for_impatient_clients(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra, IMPATIENT) as shop:
        deployment = warm(shop)
        asked = {"messages": ENDLESS, "max_tokens": 3900, "logit_bias": FOREVER}
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: leave(shop, 0.3, **asked), range(8)))
        assert eventually(lambda: "open" not in shop.holds())
        assert ask(shop).status_code == 200
        assert shop.stages(deployment).count(Stage.WARM) == 1


def test_a_request_does_not_wait_for_ever_for_its_turn(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra, IMPATIENT) as shop:
        warm(shop)
        os.kill(worker(shop), signal.SIGSTOP)
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(leave, shop, 3, stream=True) for _ in range(4)]
            assert eventually(lambda: len(shop.holds()) == 4)
            refused = ask(shop)
            os.kill(worker(shop), signal.SIGCONT)
            for each in waiting:
                each.exception()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_busy")
        assert int(refused.headers["retry-after"]) > 0


def test_clients_that_stop_reading_do_not_keep_the_engine(
    shop: Shop, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "LONGEST_STALL", 0.5)
    body = (
        '{"model":"acme/micro","messages":[{"role":"user","content":"Keep talking."}],"stream":true,"max_tokens":3900,'
        '"logit_bias":{"2":-100},"logprobs":true,"top_logprobs":20}'
    )
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    silent = []
    for _ in range(4):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", shop.port))
        client.sendall(request.encode())
        silent.append(client)

    assert eventually(lambda: len(shop.holds()) == 4)
    assert ask(shop).status_code == 200
    assert eventually(lambda: set(shop.holds()) == {"settled"}, 20)
    assert all(generated < 3900 for _prompt, generated in shop.settled())
    for client in silent:
        client.close()


def test_a_stream_ends_when_its_hold_is_gone(shop: Shop, deployment: Deployment) -> None:
    asked = {"model": MODEL, "messages": ENDLESS, "max_tokens": 3900, "stream": True, "logit_bias": FOREVER}
    url, headers = f"{shop.url}/chat/completions", {"Authorization": f"Bearer {shop.key}"}
    with httpx2.stream("POST", url, headers=headers, json=asked, timeout=30) as response:
        lines = (line for line in response.iter_lines() if line)
        next(lines)
        assert Keeper(shop.infra.writer, shop.infra.clock, alone=False).sweep().expired == 1
        rest = list(lines)

    assert "hold_resolved" in rest[-1]
    assert len(rest) < 3000
    assert shop.holds() == ["expired"]
    assert shop.wallet().held.atoms == 0


def test_a_token_without_the_read_scope_sees_no_more_because_its_owner_asked_before(
    shop: Shop, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shop.shelf, "readable", lambda session, *, actor, repo: Scope.READ in actor.scopes, raising=True
    )
    blind = shop.token(shop.customer, Scope.INFERENCE)
    assert [ask(shop, key).status_code for key in (blind, shop.key, blind)] == [404, 200, 404]


def test_a_key_whose_tries_came_to_nothing_is_not_dead(shop: Shop, deployment: Deployment) -> None:
    named = {"Idempotency-Key": "stubborn"}
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    refused = [ask(shop, headers=named, tools=tools).json()["error"]["code"] for _ in range(12)]
    shop.price(deployment, "0.01")

    assert refused == ["capability_missing"] * 12
    answer = ask(shop, headers=named)
    assert answer.status_code == 200
    assert shop.rows("SELECT id FROM usage_event") == [(answer.headers["x-request-id"],)]


def test_a_short_answer_is_paid_by_the_client_that_left(shop: Shop, deployment: Deployment) -> None:
    pid = worker(shop)
    os.kill(pid, signal.SIGSTOP)
    leave(shop, 0.5, max_tokens=8, temperature=0)
    os.kill(pid, signal.SIGCONT)

    assert eventually(lambda: shop.holds() == ["settled"])
    assert shop.settled() == [(15, 8)]
    assert shop.wallet().held.atoms == 0


def test_work_for_a_client_that_left_survives_a_second_cancel() -> None:
    async def scene() -> bool:
        begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def work() -> None:
            begun.set()
            await go_on.wait()
            finished.set()

        task = asyncio.create_task(to_the_end(work()))
        await begun.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return finished.is_set()

    assert asyncio.run(scene())


def test_work_for_a_client_that_left_does_not_last_for_ever() -> None:
    async def scene() -> None:
        task = asyncio.create_task(to_the_end(asyncio.Event().wait(), within=0.01))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 5))


def test_an_engine_that_says_what_is_wrong_is_not_called_dead() -> None:
    said = b'{"error":{"code":500,"message":"type must be string","type":"server_error"}}'
    assert isinstance(_refused(500, said, _DIALECT), EngineRejected)
    assert isinstance(_refused(501, said, _DIALECT), EngineRejected)
    assert isinstance(_refused(503, said, _DIALECT), EngineDied)
    assert isinstance(_refused(500, b"Internal Server Error", _DIALECT), EngineDied)


class _Spoken:
    """What an engine sends, all at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.content = self

    async def readany(self) -> bytes:
        data, self._data = self._data, b""
        return data

    def close(self) -> None:
        self._data = b""


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b""])
def test_an_error_amid_a_stream_is_not_settled_as_success(shop: Shop, deployment: Deployment, end: bytes) -> None:
    data = b'data: {"choices":[]}\n\ndata: {"error":{"message":"broken"}}\n\n' + end

    async def scene() -> None:
        from modelyard.serving.gateway import Call

        call = Call("req_scene", MODEL, "/v1/chat/completions", {"messages": JAPAN}, 100)
        stream = await shop.gateway.stream(shop.key, call)
        stream._response.close()
        stream._response = _Spoken(data)  # type: ignore[assignment]  # all that a stream asks of a response
        heard = [payload async for payloads in stream for payload in payloads]
        assert heard == []

    with pytest.raises(EngineDied):
        shop.run(scene())
    assert shop.holds() == ["voided"]
