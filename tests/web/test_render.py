import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, UndefinedError
from markupsafe import Markup
from starlette.testclient import TestClient

from modelyard.kernel import InvalidInput
from modelyard.web import Renderer, Viewer
from modelyard.web.render import PACKAGE
from modelyard.web.shelf import MacroShelf
from tests.web.conftest import LIN, Door, RequestOf

HOSTILE = '<script>alert("x")</script>'
HELPERS = {"chart_frame", "field_label", "field_notes", "field_state"}


def write(renderer: Renderer, template: str, locale: str = "en", **context: object) -> str:
    return renderer.environment(locale).from_string(template).render(**context)


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_kit_is_whole_in_each_language(client: TestClient, locale: str) -> None:
    page = client.get("/_kit", params={"lang": locale})
    assert page.status_code == 200
    assert ("设计组件" in page.text) is (locale == "zh")
    assert re.search(r"\{\w+\}", page.text.replace("{in}", "").replace("{out}", "")) is None


def test_the_kit_shows_every_macro() -> None:
    shown = (PACKAGE / "web/templates/kit.html").read_text() + (PACKAGE / "web/templates/base.html").read_text()
    shown += "".join(path.read_text() for path in (PACKAGE / "web/templates/parts").glob("*.html"))
    macros = {
        name
        for path in (PACKAGE / "web/templates/macros").glob("*.html")
        for name in re.findall(r"{% macro (\w+)", path.read_text())
    }
    assert sorted(name for name in macros - HELPERS if f"ui.{name}(" not in shown) == []


def test_the_language_is_that_of_the_address_then_the_cookie_then_the_browser(client: TestClient) -> None:
    assert 'lang="zh-Hans"' in client.get("/_kit", headers={"accept-language": "zh-CN,en;q=0.4"}).text
    client.cookies.set("modelyard_language", "zh")
    assert '<html lang="zh-Hans"' in client.get("/_kit", headers={"accept-language": "en"}).text
    assert '<html lang="en"' in client.get("/_kit?lang=en").text
    assert '<html lang="zh-Hans"' in client.get("/_kit?lang=fr").text


@pytest.mark.parametrize(
    "template",
    [
        "{{ text }}",
        "{{ _(text) }}",
        "{{ _('Hello {name}', name=text) }}",
        "{{ _('Hello {name} {more}', name=text, more=html) }}",
        "{{ ui.button(text) }}",
        "{{ ui.alert(text, title=text) }}",
        "{{ ui.field('a', text, value=text, hint=text, error=text, placeholder=text) }}",
        "{{ ui.code(text, title=text) }}",
        "{{ ui.facts([(text, text)]) }}",
        "{{ ui.tag(text, '/x') }}",
        "{{ ui.stages([(text, 'done', text)]) }}",
        "{{ ui.bar_chart(text, [charts.Point(text, 1, text)], text) }}",
        "{{ text|license }} {{ text|task }}",
        "{% call ui.card(text) %}{{ text }}{% endcall %}",
        "{% trans name=text %}Hello {{ name }}{% endtrans %}",
    ],
)
def test_hostile_text_stays_text(renderer: Renderer, template: str) -> None:
    html = write(renderer, template, text=HOSTILE, html=Markup("<b>bold</b>"))
    assert "<script" not in html
    assert "&lt;script" in html
    assert "<b>bold</b>" in html or "html" not in template or "more" not in template


def test_hostile_addresses_cannot_leave_their_attribute(client: TestClient) -> None:
    page = client.get('/_kit?lang=en&q="><script>alert(1)</script>').text
    assert "<script>alert(1)" not in page


def test_a_missing_value_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(UndefinedError):
        write(renderer, "{{ nothing }}")


def test_an_unknown_macro_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(UndefinedError):
        write(renderer, "{{ ui.buton('x') }}")


def test_a_file_that_does_not_exist_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(KeyError):
        write(renderer, "{{ static('css/none.css') }}")


def test_percent_signs_and_braces_need_no_care(renderer: Renderer) -> None:
    assert write(renderer, "{{ _('100% of {this}') }}") == "100% of {this}"


def test_plurals_follow_the_count(renderer: Renderer) -> None:
    template = "{% trans n=n %}{{ n }} apple{% pluralize %}{{ n }} apples{% endtrans %}"
    assert [write(renderer, template, n=n) for n in (1, 2)] == ["1 apple", "2 apples"]


def test_the_viewer_is_asked_for_once_a_page(client: TestClient, door: Door) -> None:
    door.viewer = LIN
    page = client.get("/_kit").text
    assert door.asked == 1
    assert "Lin Wei" in page
    assert "token-of-lin" in page
    assert "Sign in" not in page


def test_only_administrators_see_the_way_to_administration(client: TestClient, door: Door) -> None:
    door.viewer = LIN
    assert 'href="/admin"' not in client.get("/_kit").text
    door.viewer = Viewer("root", admin=True)
    assert 'href="/admin"' in client.get("/_kit").text


def test_bad_credentials_make_a_visitor(renderer: Renderer, request_of: type[RequestOf]) -> None:
    def refuse(request: object) -> Viewer:
        raise InvalidInput(name="cookie", reason="old")

    renderer._viewer_of = refuse
    assert not renderer.viewer(request_of.path("/")).signed_in


def test_a_page_is_private_and_named_for_what_it_depends_on(client: TestClient) -> None:
    headers = client.get("/_kit").headers
    assert headers["cache-control"] == "private, no-cache"
    assert headers["vary"] == "Cookie, Accept-Language"


def test_errors_of_a_form_stand_at_their_field(renderer: Renderer, request_of: type[RequestOf]) -> None:
    error = InvalidInput(field="email", name="email", reason="no @")
    found = renderer.field_errors(request_of.path("/?lang=zh"), error)
    assert found == {"email": "email 无效：no @"}


def test_every_template_is_sound(renderer: Renderer) -> None:
    environment = renderer.environment("en")
    for name in environment.list_templates():
        environment.get_template(name)


def test_rooms_bring_their_own_templates(renderer: Renderer) -> None:
    rooms = {path.parent.parent.name for path in Path(PACKAGE).glob("*/templates/*.html")}
    assert {name.split("/")[0] for name in renderer.environment("en").list_templates()} == rooms


def test_a_fragment_is_html_that_a_page_may_hold(renderer: Renderer, request_of: type[RequestOf]) -> None:
    part = renderer.fragment(request_of.path("/"), "web/parts/footer.html")
    assert isinstance(part, Markup)
    assert part.startswith("<footer")


def test_a_macro_has_one_home() -> None:
    source = DictLoader({"a.html": "{% macro twice() %}{% endmacro %}", "b.html": "{% macro twice() %}{% endmacro %}"})
    with pytest.raises(ValueError, match=r"macro twice stands in a\.html and in b\.html"):
        MacroShelf(Environment(loader=source, autoescape=True), ["a.html", "b.html"])


def test_the_shelf_tells_its_names(renderer: Renderer) -> None:
    shelf = renderer.environment("en").globals["ui"]
    assert isinstance(shelf, MacroShelf)
    names = shelf.names()
    assert names == sorted(names)
    assert {"button", "chat", "table"} <= set(names)
