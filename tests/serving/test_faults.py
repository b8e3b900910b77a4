"""What happens when engines die, fail, idle or are overrun: requests fail cleanly and no hold stays open."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from modelyard.infra import Infra
from modelyard.serving import Deployment, Shape, Stage
from modelyard.serving.engines import LlamaCpp
from modelyard.serving.runtime import Limits
from tests.serving.shop import ENDLESS, JAPAN, MICRO, MODEL, Shop, open_shop
from tests.support.waiting import eventually

FOREVER = {"2": -100}


@pytest.fixture
def open_for_business(shop: Shop) -> Deployment:
    deployment = shop.deploy()
    shop.price(deployment)
    shop.top_up("10")
    assert shop.reaches(deployment, Stage.WARM)
    return deployment


def chat(shop: Shop, **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {shop.key}", **more.pop("headers", {})}
    body = {"model": MODEL, "messages": JAPAN, "max_tokens": 16, **more}
    return httpx2.post(f"{shop.url}/chat/completions", headers=headers, json=body, timeout=30)


def worker(shop: Shop) -> int:
    """Return the pid of the one engine process that this process has."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text()
            ours = f"PPid:\t{os.getpid()}\n" in lines
            if ours and b"llamacpp_worker" in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
        except OSError:
            continue
    (pid,) = found
    return pid


def test_an_engine_killed_in_mid_stream_ends_the_stream_with_an_error_and_costs_nothing(
    shop: Shop, open_for_business: Deployment
) -> None:
    body = {"model": MODEL, "messages": ENDLESS, "max_tokens": 1900, "stream": True, "logit_bias": FOREVER}
    headers = {"Authorization": f"Bearer {shop.key}"}
    with httpx2.stream("POST", f"{shop.url}/chat/completions", headers=headers, json=body, timeout=30) as response:
        lines = (line for line in response.iter_lines() if line)
        next(lines)
        os.kill(worker(shop), signal.SIGKILL)
        last = list(lines)[-1]

    assert '"code": "engine_died"' in last
    assert eventually(lambda: shop.holds() == ["voided"])
    assert shop.settled() == []
    assert shop.wallet().posted.atoms == 10_000_000_000
    assert shop.wallet().held.atoms == 0
    assert shop.reaches(open_for_business, Stage.WARM)
    assert chat(shop).status_code == 200


def test_a_request_after_an_engine_s_death_waits_for_the_next_one(shop: Shop, open_for_business: Deployment) -> None:
    os.kill(worker(shop), signal.SIGKILL)
    statuses = [chat(shop, headers={"Idempotency-Key": "k"}).status_code]
    while statuses[-1] == 503:
        statuses.append(chat(shop, headers={"Idempotency-Key": "k"}).status_code)

    assert statuses[-1] == 200
    assert len(statuses) < 5
    assert "open" not in shop.holds()
    assert len(shop.settled()) == 1
    stages = shop.stages(open_for_business)
    assert stages.count(Stage.WARM) == 2
    assert Stage.FAILED in stages


def test_a_model_that_cannot_start_is_503_with_retry_after_and_costs_nothing(shop: Shop, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(MICRO.read_bytes()[:100_000])
    deployment = shop.deploy(cut)
    shop.price(deployment)
    shop.top_up("1")
    assert shop.reaches(deployment, Stage.FAILED)

    answer = chat(shop)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"]["code"] == "model_failing"
    assert "ends too early" in answer.json()["error"]["message"]
    assert shop.holds() == ["voided"]
    assert "无法启动" in chat(shop, headers={"Accept-Language": "zh"}).json()["error"]["message"]


def test_an_idle_model_sleeps_and_wakes_once_for_many_requests(shop: Shop) -> None:
    deployment = shop.deploy(shape=Shape(context=1024, slots=2, idle_stop=1))
    assert shop.reaches(deployment, Stage.WARM)
    assert shop.reaches(deployment, Stage.ASLEEP)

    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: chat(shop), range(8))]

    assert statuses == [200] * 8
    assert shop.stages(deployment).count(Stage.LOADING) == 2
    assert len(shop.settled()) == 8


def test_only_so_many_models_are_in_memory(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra, Limits(models=1)) as shop:
        first = shop.deploy(name="acme/one")
        assert shop.reaches(first, Stage.WARM)
        second = shop.deploy(name="acme/two")
        assert shop.reaches(second, Stage.WARM)
        assert shop.stages(first)[-1] is Stage.ASLEEP
        assert chat(shop, model="acme/one").status_code == 200
        assert shop.reaches(second, Stage.ASLEEP)


def test_more_requests_than_may_wait_are_told_so(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra, Limits(waiting=2)) as shop:
        deployment = shop.deploy(shape=Shape(context=2048, slots=1, max_output=2000))
        assert shop.reaches(deployment, Stage.WARM)
        with ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(lambda _: chat(shop, messages=ENDLESS, max_tokens=400, logit_bias=FOREVER), range(6))
            )
        busy = [answer for answer in answers if answer.status_code == 503]
        assert busy
        assert {answer.json()["error"]["code"] for answer in busy} == {"model_busy"}
        assert len(shop.settled()) == 6 - len(busy)
        assert "open" not in shop.holds()


def test_stopping_lets_running_answers_end(shop: Shop, open_for_business: Deployment) -> None:
    from modelyard import serving

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(chat, shop, messages=ENDLESS, max_tokens=600, logit_bias=FOREVER)
        assert eventually(lambda: shop.holds() == ["open"])
        with shop.infra.db.unit() as session:
            serving.stop_deployment(
                session, actor=shop.actor(shop.seller), deployment=open_for_business.id, clock=shop.infra.clock
            )
        assert running.result().status_code == 200
    assert shop.settled()[0][1] == 600
    assert chat(shop).json()["error"]["code"] == "model_stopped"


def test_an_abandoned_unstreamed_answer_stops_the_engine(shop: Shop, open_for_business: Deployment) -> None:
    headers = {"Authorization": f"Bearer {shop.key}"}
    body = {"model": MODEL, "messages": ENDLESS, "max_tokens": 1900, "logit_bias": FOREVER}
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{shop.url}/chat/completions", headers=headers, json=body, timeout=0.3)

    assert eventually(lambda: shop.holds() in (["settled"], ["voided"]))
    assert all(0 < generated < 1900 for _prompt, generated in shop.settled())
    assert eventually(lambda: _in_flight(shop, open_for_business) == 0)


def test_many_customers_requests_at_once_are_each_billed_once(shop_on_both: Shop) -> None:
    shop = shop_on_both
    deployment = shop.deploy()
    shop.price(deployment)
    shop.top_up("10")
    assert shop.reaches(deployment, Stage.WARM)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: chat(shop, stream=bool(n % 2)), range(48)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(shop.settled()) == 48
    spent = sum(prompt + generated for prompt, generated in shop.settled())
    assert 10_000_000_000 - shop.wallet().posted.atoms == spent * 5_000
    assert shop.wallet().held.atoms == 0
    assert shop.books_are_right()


def test_a_changed_price_and_a_revoked_key_bite_on_the_next_request(shop: Shop, open_for_business: Deployment) -> None:
    from modelyard import accounts

    before = shop.wallet().posted.atoms
    chat(shop, temperature=0)
    shop.price(open_for_business, "0.01")
    chat(shop, temperature=0)
    assert before - shop.wallet().posted.atoms == 23 * 5_000 + 23 * 10_000

    bob = shop.actor(shop.customer)
    with shop.infra.db.unit() as session:
        (token,) = accounts.list_tokens(session, actor=bob, user=shop.customer.id)
        accounts.revoke_token(session, actor=bob, token=token.id, clock=shop.infra.clock)
    assert chat(shop).status_code == 401


def test_credit_that_runs_out_in_the_middle_refuses_the_next_request(shop: Shop) -> None:
    deployment = shop.deploy()
    shop.price(deployment, "1")
    shop.top_up("1.2")
    assert shop.reaches(deployment, Stage.WARM)
    statuses: list[int] = []
    while not statuses or statuses[-1] == 200:
        statuses.append(chat(shop).status_code)
    assert statuses[-1] == 402
    assert len(statuses) > 2
    assert shop.wallet().available.atoms >= 0
    assert shop.books_are_right()


def test_the_engine_is_closed_to_everybody_else(shop: Shop, open_for_business: Deployment) -> None:
    replica = shop.runtime._replicas[open_for_business.id]
    assert replica._loaded is not None
    url, key = replica._loaded.endpoint.url, replica._loaded.endpoint.key
    hello = {"messages": JAPAN, "max_tokens": 1}

    assert httpx2.post(f"{url}/v1/chat/completions", json=hello).status_code == 401
    assert httpx2.get(f"{url}/").status_code == 404
    known = {"Authorization": f"Bearer {key}", "Origin": "http://evil.example"}
    for path in ("/slots", "/metrics"):
        assert httpx2.get(url + path, headers=known).status_code == 501
    answer = httpx2.post(f"{url}/v1/chat/completions", json=hello, headers=known)
    assert answer.headers.get("access-control-allow-origin", "") == ""
    environment = Path(f"/proc/{worker(shop)}/environ").read_bytes()
    assert b"OMP_WAIT_POLICY=PASSIVE" in environment
    assert key.encode() not in Path(f"/proc/{worker(shop)}/cmdline").read_bytes()
    status = shop.runtime.status(open_for_business.id)
    assert status is not None
    assert not [line for line in status.log if key in line]


def test_spinning_is_a_choice() -> None:
    from modelyard.serving.engines import Orders

    orders = Orders(MICRO, MODEL, "key", 1024, 2, 2)
    assert LlamaCpp().command(orders).env["GOMP_SPINCOUNT"] == "0"
    assert "GOMP_SPINCOUNT" not in LlamaCpp(spin=True).command(orders).env


def _in_flight(shop: Shop, deployment: Deployment) -> int:
    status = shop.runtime.status(deployment.id)
    return status.in_flight if status else 0
