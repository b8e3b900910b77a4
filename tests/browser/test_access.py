"""Everybody can use the pages: WCAG AA by axe, by keyboard alone, and on the narrowest telephone."""

import pytest
from playwright.sync_api import Page

PAGES = ["/_kit", "/", "/models", "/models?q=zzz", "/search?q=acme", "/lin", "/nobody"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules });
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(" | ")}`);
}"""
FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((each) => each.checkVisibility() && !each.disabled && !["hidden", "radio"].includes(each.type)).length"""
FOCUSED = """() => {
  const each = document.activeElement;
  if (each === document.body) return null;
  const outline = getComputedStyle(each);
  const ring = outline.outlineStyle !== "none" || getComputedStyle(each, "::after").outlineStyle !== "none";
  return { tag: each.outerHTML.slice(0, 120), ring, radio: each.type === "radio" };
}"""


def look(page: Page, locale: str, theme: str) -> None:
    cookies = {"modelyard_language": locale, "modelyard_theme": theme}
    page.context.add_cookies([{"name": n, "value": v, "domain": "127.0.0.1", "path": "/"} for n, v in cookies.items()])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_axe_finds_nothing(page: Page, axe: str, locale: str, theme: str) -> None:
    look(page, locale, theme)
    found = {}
    for address in PAGES:
        page.goto(address)
        page.evaluate(axe)
        found[address] = page.evaluate(RUN, RULES)
    assert {address: violations for address, violations in found.items() if violations} == {}


def test_axe_finds_nothing_for_a_person_with_an_open_menu(page: Page, axe: str) -> None:
    page.context.add_cookies([{"name": "me", "value": "1", "domain": "127.0.0.1", "path": "/"}])
    page.goto("/")
    page.get_by_label("Your account").click()
    page.evaluate(axe)
    assert page.evaluate(RUN, RULES) == []


def test_every_control_is_reached_by_keyboard_and_shows_it(page: Page) -> None:
    page.goto("/_kit")
    expected = page.evaluate(FOCUSABLE)
    reached = []
    for _ in range(expected * 2):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        reached.append(focused)
    assert [each["tag"] for each in reached if not each["ring"]] == []
    # A group of radio buttons is one stop.
    assert len([each for each in reached if not each["radio"]]) == expected


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.goto("/models")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_nothing_is_wider_than_a_small_telephone(page: Page, locale: str) -> None:
    look(page, locale, "light")
    page.set_viewport_size({"width": 360, "height": 740})
    widths = {}
    for address in PAGES:
        page.goto(address)
        widths[address] = page.evaluate("() => document.scrollingElement.scrollWidth")
    assert {address: width for address, width in widths.items() if width > 360} == {}
