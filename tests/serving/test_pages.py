"""The pages of deployments, by a browser without script."""

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from modelyard.accounts import ANONYMOUS, Actor
from modelyard.serving import Deployment, Stage
from tests.serving.shop import MICRO, MODEL, Shop


@pytest.fixture
def warm(shop: Shop) -> Deployment:
    deployment = shop.deploy()
    assert shop.reaches(deployment, Stage.WARM)
    return deployment


def send(browser: httpx2.Client, page: str, to: str, **fields: str) -> httpx2.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text)
    assert found
    return browser.post(to, data={"csrf": found[1], **fields}, follow_redirects=True)


def test_a_publisher_deploys_stops_starts_and_deletes_by_forms(shop: Shop) -> None:
    shop.shelf.put(shop.seller.id, MODEL, MICRO)
    with shop.browser(shop.seller) as browser:
        made = send(browser, "/deployments/new", "/deployments/new", repo=MODEL, file=MICRO.name, context="1024")
        assert made.status_code == 200
        one = made.url.path
        deployment = shop.found(one.rpartition("/")[2])
        assert shop.reaches(deployment, Stage.WARM)
        page = browser.get(one).text
        assert "Warm" in page
        assert "Free of charge" in page
        assert MICRO.name in page
        assert "Stopped" in send(browser, one, one + "/stop").text
        send(browser, one, one + "/start")
        assert shop.reaches(deployment, Stage.WARM)
        assert "Nothing is deployed yet" in send(browser, one + "/delete", one + "/delete").text


def test_a_wrong_form_comes_back_with_what_was_typed(shop: Shop) -> None:
    shop.shelf.put(shop.seller.id, MODEL, MICRO)
    with shop.browser(shop.seller) as browser:
        again = send(browser, "/deployments/new", "/deployments/new", repo=MODEL, file=MICRO.name, slots="0")
    assert again.status_code == 422
    assert f'value="{MODEL}"' in again.text
    assert "slots must be between 1 and 64" in again.text


def test_strangers_see_the_state_and_no_buttons(shop: Shop, warm: Deployment) -> None:
    shop.price(warm)
    with shop.browser() as browser:
        page = browser.get(f"/deployments/{warm.id}").text
        assert MODEL in browser.get("/deployments").text
    assert "CN¥0.005 for 1,000 tokens read" in page
    assert "/stop" not in page
    assert "End of the log" not in page
    shop.shelf.private.add(MODEL)
    with shop.browser() as browser:
        assert browser.get(f"/deployments/{warm.id}").status_code == 404
        assert MODEL not in browser.get("/deployments").text


def test_pages_speak_chinese(shop: Shop, warm: Deployment) -> None:
    with shop.browser(shop.seller, "zh") as browser:
        page = browser.get(f"/deployments/{warm.id}").text
        form = browser.get("/deployments/new").text
    assert "就绪" in page
    assert "日志末尾" in page
    assert "新建部署" in form


def test_a_message_is_answered_without_script_and_billed(shop: Shop, warm: Deployment) -> None:
    shop.price(warm)
    shop.top_up("1")
    with shop.browser(shop.customer) as browser:
        answer = send(
            browser, f"/deployments/{warm.id}", f"/deployments/{warm.id}/chat", message="What is the capital of Japan?"
        )
    assert "The capital of Japan is Tokyo." in answer.text
    assert len(shop.settled()) == 1


def test_a_message_without_credit_says_so(shop: Shop, warm: Deployment) -> None:
    shop.price(warm)
    with shop.browser(shop.customer) as browser:
        answer = send(browser, "/deployments/new", f"/deployments/{warm.id}/chat", message="Hello")
    assert answer.status_code == 402
    assert "no credit in CNY" in answer.text


def test_the_chat_streams_with_the_reader_s_session(shop: Shop, warm: Deployment) -> None:
    shop.price(warm)
    shop.top_up("1")
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True, "max_tokens": 20}
    with shop.browser(shop.customer) as browser:
        found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/deployments/new").text)
        assert found
        refused = browser.post("/v1/chat/completions", json=body)
        answer = browser.post("/v1/chat/completions", json=body, headers={"x-csrf-token": found[1]})
    assert refused.status_code == 403
    assert answer.status_code == 200
    assert "data: [DONE]" in answer.text
    assert len(shop.settled()) == 1


def test_addresses_below_v1_fail_in_openai_s_words(shop: Shop) -> None:
    absent = httpx2.get(f"{shop.url}/fine_tuning/jobs")
    wrong = httpx2.get(f"{shop.url}/chat/completions")
    assert (absent.status_code, wrong.status_code) == (404, 405)
    assert {"message", "type", "param", "code"} == set(absent.json()["error"]) == set(wrong.json()["error"])


@dataclass
class Subject:
    """What the hub gives to panels of a model's page."""

    actor: Actor
    repository: Any
    writes: bool = False


def request(shop: Shop, language: str = "en") -> Request:
    headers = [(b"accept-language", language.encode())]
    scope = {"type": "http", "method": "GET", "path": "/acme/micro", "query_string": b"", "headers": headers}
    return Request({**scope, "server": ("127.0.0.1", shop.port), "scheme": "http", "state": {}})


def test_panels_show_the_chat_and_the_state(shop: Shop, warm: Deployment) -> None:
    subject = Subject(ANONYMOUS, SimpleNamespace(id=MODEL, path=MODEL))
    chat = shop.panels["serving-chat"].render(request(shop), subject)
    side = shop.panels["serving-deployment"].render(request(shop), subject)
    assert chat is not None
    assert "Sign in to chat" in chat
    assert side is not None
    assert "Warm" in side


def test_panels_keep_silent_about_what_is_not_served(shop: Shop) -> None:
    subject = Subject(ANONYMOUS, SimpleNamespace(id="acme/none", path="acme/none"))
    assert shop.panels["serving-chat"].render(request(shop), subject) is None
    assert shop.panels["serving-deployment"].render(request(shop), subject) is None
    mine = Subject(ANONYMOUS, SimpleNamespace(id="acme/none", path="acme/none"), writes=True)
    invite = shop.panels["serving-deployment"].render(request(shop), mine)
    assert invite is not None
    assert "/deployments/new?repo=acme/none" in invite
    with pytest.raises(TypeError):
        shop.panels["serving-chat"].render(request(shop), object())
