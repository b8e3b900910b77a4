"""What scripts add: each of these works without them too, as test_without_scripts.py shows."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.support.waiting import eventually


def ask(page: Page, words: str) -> None:
    page.get_by_label("Your message").fill(words)
    page.get_by_role("button", name="Send").click()


def test_a_chat_streams_and_counts_its_tokens(page: Page) -> None:
    page.goto("/_kit")
    ask(page, "What is this place?")
    expect(page.locator(".chat-log li").last).to_have_text("Ships are built here.")
    expect(page.locator(".chat-log li.user").last).to_have_text("What is this place?")
    expect(page.locator(".chat-status")).to_have_text("12 tokens in, 4 tokens out")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_chat_sends_the_whole_conversation(page: Page) -> None:
    page.goto("/_kit")
    ask(page, "first")
    expect(page.locator(".chat-status")).to_contain_text("12 tokens")
    with page.expect_request("**/v1/chat/completions") as sent:
        page.get_by_label("Your message").fill("second")
        page.keyboard.press("Enter")
    body = sent.value.post_data_json
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant"] * 2 + ["user"]
    assert (body["stream"], body["max_tokens"]) == (True, 256)
    assert "x-csrf-token" in sent.value.headers


def test_stopping_a_chat_stops_the_work(page: Page, served: Served) -> None:
    page.goto("/_kit")
    ask(page, "endless")
    expect(page.locator(".chat-log li").last).to_contain_text("and and")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".chat-status")).to_have_text("Stopped.")
    assert eventually(lambda: served.gone)
    ask(page, "again")
    expect(page.locator(".chat-log li").last).to_have_text("Ships are built here.")


def test_a_refusal_is_said_in_the_chat(page: Page) -> None:
    page.goto("/_kit")
    ask(page, "poor")
    expect(page.locator(".chat-log li.failed")).to_have_text("Your credit is used up.")


def test_an_answer_is_text_whatever_it_contains(page: Page) -> None:
    page.goto("/_kit")
    ask(page, "<img src=x onerror=alert(1)>")
    expect(page.locator(".chat-log li.user").last).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator(".chat-log img").count() == 0


def test_code_is_copied(page: Page) -> None:
    page.goto("/_kit")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()").startswith("from openai import OpenAI")


def test_results_appear_while_one_types(page: Page) -> None:
    page.goto("/models")
    page.get_by_label("Search by name or word").press_sequentially("whisp")
    expect(page.locator(".repo")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/models\?q=whisp&sort=updated$"))
    page.get_by_label("Order").select_option("downloads")
    expect(page).to_have_url(re.compile(r"sort=downloads$"))


def test_a_live_region_follows_until_its_end(page: Page, served: Served) -> None:
    served.refreshed = 0
    page.goto("/live-page")
    expect(page.locator("#rounds")).to_have_text("3")
    assert page.locator("#rounds").get_attribute("every") is None
    page.wait_for_timeout(200)
    assert served.refreshed == 3


def test_the_theme_changes_at_once_and_stays(page: Page) -> None:
    page.goto("/models")
    page.get_by_label("Theme").click()
    with page.expect_response("**/settings/appearance"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    dark = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    page.reload()
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == dark


def test_a_menu_closes_as_menus_do(page: Page) -> None:
    page.goto("/models")
    theme = page.get_by_label("Theme")
    theme.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    expect(theme).to_be_focused()
    theme.click()
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
