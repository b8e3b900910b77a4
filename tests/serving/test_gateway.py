"""The gateway's own promises where clients are impatient, slow or repeat themselves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from modelyard.kernel import ManualClock
from modelyard.serving import Deployment, Shape, Stage
from modelyard.serving.engines.llamacpp import _DIALECT
from modelyard.serving.errors import ContextExceeded, EngineDied, EngineRejected
from modelyard.serving.gateway.upstream import _refused
from modelyard.serving.rules import TEMPLATE, bound, pause
from tests.serving.shop import ENDLESS, JAPAN, MODEL, Shop
from tests.support.waiting import eventually

FOREVER = {"2": -100}


@pytest.fixture
def deployment(shop: Shop) -> Deployment:
    made = shop.deploy(shape=Shape(context=4096, slots=2, max_output=4000))
    shop.price(made)
    shop.top_up("10")
    assert shop.reaches(made, Stage.WARM)
    return made


def body(**more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": JAPAN, "max_tokens": 16, **more}


def headers(shop: Shop, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.key}", **{name.replace("_", "-"): value for name, value in more.items()}}


def test_a_long_stream_leaves_checkpoints_behind(shop: Shop, deployment: Deployment) -> None:
    asked = body(messages=ENDLESS, max_tokens=4000, stream=True, logit_bias=FOREVER)
    url = f"{shop.url}/chat/completions"
    with httpx2.stream("POST", url, headers=headers(shop), json=asked, timeout=30) as response:
        lines = response.iter_lines()
        counted = 0
        while not counted and next(lines, None) is not None:
            ((kept,),) = shop.rows("SELECT checkpoint_completion FROM hold")
            counted = kept or 0
    assert 0 < counted < 4000
    assert eventually(lambda: shop.holds() == ["settled"])
    assert shop.settled()[0][1] >= counted
    assert shop.books_are_right()


def test_a_key_that_is_being_answered_is_refused(shop: Shop, deployment: Deployment) -> None:
    named = headers(shop, Idempotency_Key="one")
    url = f"{shop.url}/chat/completions"
    with ThreadPoolExecutor(1) as pool:
        asked = body(messages=ENDLESS, max_tokens=1500, logit_bias=FOREVER)
        running = pool.submit(httpx2.post, url, headers=named, json=asked, timeout=30)
        assert eventually(lambda: shop.holds() == ["open"])
        again = httpx2.post(url, headers=named, json=asked, timeout=30)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "request_in_progress")
        assert running.result().status_code == 200
    assert len(shop.settled()) == 1


def test_two_customers_may_use_the_same_key(shop: Shop, deployment: Deployment) -> None:
    eve = shop.person("eve")
    free = shop.deploy(name="acme/free")
    assert shop.reaches(free, Stage.WARM)
    url = f"{shop.url}/chat/completions"
    for key in (shop.key, shop.token(eve)):
        named = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
        assert httpx2.post(url, headers=named, json=body(model="acme/free"), timeout=30).status_code == 200
    assert len(shop.settled()) == 2


def test_a_client_that_goes_while_its_hold_is_written_pays_nothing(shop: Shop, deployment: Deployment) -> None:
    url = f"{shop.url}/chat/completions"
    with shop.infra.db.write_lock, pytest.raises(httpx2.ReadTimeout):  # nothing can be written meanwhile
        httpx2.post(url, headers=headers(shop), json=body(stream=True), timeout=0.3)

    assert eventually(lambda: shop.holds() == ["voided"])
    assert shop.wallet().held.atoms == 0
    assert shop.settled() == []


def test_a_client_that_goes_while_its_answer_is_settled_pays_for_it_once(shop: Shop, deployment: Deployment) -> None:
    asked = body(messages=ENDLESS, max_tokens=300, stream=True, logit_bias=FOREVER)
    url = f"{shop.url}/chat/completions"
    seen: list[str] = []
    with httpx2.stream("POST", url, headers=headers(shop), json=asked, timeout=2) as response:
        lines = response.iter_lines()
        next(lines)
        with shop.infra.db.write_lock, pytest.raises(httpx2.ReadTimeout):
            seen.extend(lines)
    assert len(seen) > 100
    assert not [line for line in seen if "[DONE]" in line or '"length"' in line]
    assert eventually(lambda: shop.holds() == ["settled"])
    assert shop.settled()[0][1] == 300
    assert shop.books_are_right()


def test_a_token_that_expires_bites_at_once(shop: Shop, deployment: Deployment, clock: ManualClock) -> None:
    key = shop.token(shop.customer, days=1)
    url = f"{shop.url}/chat/completions"
    known = {"Authorization": f"Bearer {key}"}
    assert httpx2.post(url, headers=known, json=body(), timeout=30).status_code == 200
    clock.advance(timedelta(days=2))
    assert httpx2.post(url, headers=known, json=body(), timeout=30).status_code == 401


def test_a_price_set_for_tomorrow_is_charged_tomorrow(shop: Shop, deployment: Deployment, clock: ManualClock) -> None:
    shop.price(deployment, "0.01", after=timedelta(days=1))
    url = f"{shop.url}/chat/completions"
    charged = []
    for _ in range(2):
        before = shop.wallet().posted.atoms
        assert httpx2.post(url, headers=headers(shop), json=body(temperature=0), timeout=30).status_code == 200
        charged.append(before - shop.wallet().posted.atoms)
        clock.advance(timedelta(days=2))
    assert charged == [23 * 5_000, 23 * 10_000]


def test_refusals_of_engines_become_our_own() -> None:
    long = b'{"error":{"type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":4}}'
    assert _refused(400, long, _DIALECT).data == {"tokens": 9, "context": 4}
    assert isinstance(_refused(400, long, _DIALECT), ContextExceeded)
    assert isinstance(_refused(400, b'{"error":{"message":"no"}}', _DIALECT), EngineRejected)
    assert isinstance(_refused(401, b'{"error":{}}', _DIALECT), EngineDied)
    assert isinstance(_refused(500, b"broken", _DIALECT), EngineDied)
    assert isinstance(_refused(500, b'{"error":"x"}', _DIALECT), EngineDied)


def test_bounds_cover_what_a_request_can_use() -> None:
    shape = Shape(context=2000, slots=1, default_output=100, max_output=300)
    assert bound(shape, size=10, asked=None, choices=1) == bound(shape, size=10, asked=100, choices=1)
    assert bound(shape, size=10, asked=7, choices=3).completion == 21
    assert bound(shape, size=10, asked=9000, choices=1).each == 300
    assert bound(shape, size=10, asked=1, choices=1).prompt == 10 + TEMPLATE
    assert bound(shape, size=99_999, asked=1, choices=1).prompt == 2000


def test_failed_starts_are_tried_less_and_less_often() -> None:
    pauses = [pause(failures) for failures in range(12)]
    assert pauses[:3] == [0.0, 5.0, 10.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 300.0
