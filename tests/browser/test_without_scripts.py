"""Everything works in a browser that runs no scripts."""

from playwright.sync_api import Page, expect


def test_the_language_is_switched_and_remembered(plain_page: Page) -> None:
    plain_page.goto("/models?sort=likes")
    plain_page.get_by_role("button", name="中文").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("模型")
    assert plain_page.url.endswith("/models?sort=likes")
    plain_page.goto("/_kit")
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("设计组件")


def test_the_theme_is_switched(plain_page: Page) -> None:
    plain_page.goto("/models")
    plain_page.get_by_label("Theme").click()
    plain_page.get_by_role("button", name="Dark").click()
    expect(plain_page.locator("html")).to_have_attribute("data-theme", "dark")


def test_one_searches_and_filters(plain_page: Page) -> None:
    plain_page.goto("/models")
    plain_page.get_by_role("link", name="Text generation").click()
    expect(plain_page.locator(".repo")).to_have_count(2)
    plain_page.get_by_label("Search by name or word").fill("tiny")
    plain_page.get_by_role("button", name="Search").click()
    expect(plain_page.locator(".repo")).to_have_count(1)
    assert "task=text-generation" in plain_page.url


def test_the_search_of_the_top_bar_finds(plain_page: Page) -> None:
    plain_page.goto("/_kit")
    plain_page.get_by_label("Search models, datasets and people").fill("lin")
    plain_page.keyboard.press("Enter")
    expect(plain_page.get_by_role("link", name="Lin Wei")).to_be_visible()


def test_a_form_comes_back_with_its_error(plain_page: Page) -> None:
    plain_page.goto("/_kit")
    plain_page.get_by_label("Name", exact=True).fill("acme")
    plain_page.get_by_role("button", name="Create").click()
    expect(plain_page.get_by_label("Name", exact=True)).to_have_value("acme")
    expect(plain_page.get_by_text("This name is taken.")).to_be_visible()


def test_filters_fold_away_on_a_telephone(plain_page: Page) -> None:
    plain_page.set_viewport_size({"width": 360, "height": 740})
    plain_page.goto("/models")
    link = plain_page.get_by_role("link", name="Text generation")
    expect(link).to_be_hidden()
    plain_page.get_by_text("Filters").click()
    expect(link).to_be_visible()


def test_the_account_menu_opens(plain_page: Page) -> None:
    plain_page.context.add_cookies([{"name": "me", "value": "1", "domain": "127.0.0.1", "path": "/"}])
    plain_page.goto("/")
    plain_page.get_by_label("Your account").click()
    expect(plain_page.get_by_role("button", name="Sign out")).to_be_visible()


def test_what_only_scripts_can_do_is_not_offered(plain_page: Page) -> None:
    plain_page.goto("/_kit")
    expect(plain_page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(plain_page.get_by_role("button", name="Stop")).to_have_count(0)
