"""The whole product in a browser: every page for those who may see it, and a chat with a real model."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.stage import WALKS, Stage, open_stage
from tests.browser.test_access import RULES, RUN


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


@pytest.fixture
def walker(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A fresh page; a script's error or a refusal by the content policy fails the test."""
    with browser.new_context(base_url=stage.url) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield page
        assert [each for each in complaints if "status of 404" not in each] == []


def become(page: Page, stage: Stage, name: str, **cookies: str) -> None:
    for key, value in {**stage.session(name), **cookies}.items():
        page.context.add_cookies([{"name": key, "value": value, "url": stage.url}])


@pytest.mark.parametrize("look", ["en light", "zh dark"])
@pytest.mark.parametrize("name", WALKS)
def test_every_page_is_sound(walker: Page, stage: Stage, axe: str, name: str, look: str) -> None:
    locale, theme = look.split()
    become(walker, stage, name, modelyard_language=locale, modelyard_theme=theme)
    found: dict[str, object] = {}
    for address in stage.pages_of(name):
        answer = walker.goto(address)
        walker.evaluate(axe)
        problems = walker.evaluate(RUN, RULES)
        walker.set_viewport_size({"width": 360, "height": 740})
        width = walker.evaluate("() => document.scrollingElement.scrollWidth")
        walker.set_viewport_size({"width": 1280, "height": 800})
        said = (answer and answer.status, problems, width)
        if said != (200, [], 360):
            found[address] = said
    assert found == {}


def test_a_customer_chats_with_the_model_and_pays_for_it(walker: Page, stage: Stage) -> None:
    become(walker, stage, "lin")
    walker.goto("/acme/tiny-chat")
    walker.get_by_label("Your message").fill("What is the capital of Japan?")
    walker.get_by_role("button", name="Send").click()
    expect(walker.locator(".chat-log li.assistant")).to_contain_text("Tokyo", timeout=30_000)
    expect(walker.locator(".chat-status")).to_contain_text("tokens out", timeout=30_000)


def test_a_hostile_card_is_harmless(walker: Page, stage: Stage) -> None:
    walker.goto("/acme/tiny-chat")
    assert walker.title().startswith("acme/tiny-chat")
    assert walker.locator(".prose script, .prose [onerror]").count() == 0
