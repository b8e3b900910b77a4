"""Cards: read within bounds, shown without harm."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.hub.errors import CardInvalid
from modelyard.hub.rules.cards import lenient_card, parse_card, search_tags, tags, warnings
from modelyard.hub.rules.markdown import Home, render

HOME = Home("/ada/tiny", "main")
BOMB = "a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGE = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12))


def card(metadata: str) -> str:
    return f"---\n{metadata}\n---\n# Body\n"


FULL = """license: mit
language: [en, no]
datasets: [ada/rows]
base_model: ada/base
pipeline_tag: text-generation
library_name: gguf"""


def test_a_card_gives_tags() -> None:
    found = parse_card(card(FULL))
    assert found.body == "# Body\n"
    assert set(tags(found)) == {
        "license:mit", "en", "no", "dataset:ada/rows", "base_model:ada/base", "text-generation", "gguf",
    }  # fmt: skip
    assert {"language:no", "task:text-generation", "library:gguf"} <= search_tags(found)
    assert warnings(found) == ()
    assert warnings(parse_card("# nothing"))


@pytest.mark.parametrize(
    "metadata",
    [
        "license: [",
        "- a\n- b",
        "license: mit\nlicense: gpl",
        "tags: {a: b}",
        "pipeline_tag: [a]",
        "language: [1]",
        "x: !!python/object/apply:os.system [id]",
        "x: !weird y",
        "a: &a [*a]",
        "? [a]\n: b",
        "[" * 5000,
        "x: " + "y" * 300_000,
        BOMB,
        MERGE,
        "!!binary aGk=: x",
        "a: \x07",
        'tags: ["\\0"]',
        '"\\uD800": x',
        "a: [" + "1," * 100_000 + "]",
    ],
    ids=range(19),
)
def test_hostile_metadata_is_refused_with_a_reason(metadata: str) -> None:
    started = time.thread_time()
    with pytest.raises(CardInvalid) as caught:
        parse_card(card(metadata))
    assert caught.value.data["reason"]
    assert time.thread_time() - started < 15
    assert lenient_card(card(metadata).encode()).data == {}


def test_a_card_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(CardInvalid):
        parse_card(b"---\nlicense: \xff\n---\n")


ODD = ["", "# only text", "---\nno end", "--- \nlicense: mit\n---  \nx", "\ufeff---\r\nlicense: mit\r\n---\r\nx"]


@pytest.mark.parametrize("text", ODD)
def test_odd_fences_are_read(text: str) -> None:
    parse_card(text)


@given(text=st.text(max_size=200))
def test_any_text_is_a_card_or_a_named_fault(text: str) -> None:
    for source in (text, card(text)):
        with suppress(CardInvalid):
            json.dumps(dict(parse_card(source).data), allow_nan=False)


ELEMENTS = ("script", "iframe", "form", "style", "svg", "object", "embed", "base", "meta", "button", "math")
ATTRIBUTES = ("onerror", "ontoggle", 'href="java', 'src="data:', "style=", "class=", " id=", "formaction")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>evil()</script>",
        "<img src=x onerror=evil()>",
        "[x](javascript:evil())",
        "[x](JaVaScRiPt:evil())",
        "[x](&#106;avascript:evil())",
        "<a href='java\nscript:evil()'>x</a>",
        "<svg><script>evil()</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=evil()>",
        "<iframe src='javascript:evil()'></iframe>",
        "<object data='evil.swf'></object><embed src=evil>",
        "<form action=/settings><button formaction=javascript:evil()>x</button></form>",
        "<style>@import 'evil'</style><link rel=stylesheet href=evil>",
        "<p style='background:url(evil)' class='alert' id='content'>x</p>",
        "<base href='//evil'><meta http-equiv=refresh content='0;url=evil'>",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<details ontoggle=evil() open>x</details>",
        "<noscript><p title='</noscript><img src=x onerror=evil()>'>",
    ],
)
def test_hostile_markdown_is_shown_without_harm(hostile: str) -> None:
    html = render(hostile, HOME).lower()
    assert not [element for element in ELEMENTS if f"<{element}" in html]
    assert not [attribute for attribute in ATTRIBUTES if attribute in html]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("[a](docs/x.md#top)", 'href="/ada/tiny/blob/main/docs/x.md#top"'),
        ("![a](pic%20one.png)", 'src="/ada/tiny/resolve/main/pic%20one.png"'),
        ("![a](/abs.png)", 'src="/ada/tiny/resolve/main/abs.png"'),
        ("[a](../../../../up)", 'href="/ada/tiny/blob/main/up"'),
        ("[a](https://example.org/x)", 'href="https://example.org/x"'),
        ("[a](#here)", 'href="#here"'),
        ("<a href='//[odd'>a</a>", ">a</a>"),
    ],
)
def test_links_are_led_home(source: str, wanted: str) -> None:
    assert wanted in render(source, HOME)


def test_pictures_from_elsewhere_tell_nobody_who_reads() -> None:
    for source in ("![a](https://spy.example/x.png)", "![a](//spy.example/x.png)", "<img src='http:\\\\spy.example'>"):
        assert "spy.example" not in render(source, HOME)


SLOW = [
    "> " * 20_000,
    "[" * 50_000,
    "*a " * 60_000,
    "`" * 50_001,
    "|a" * 30_000 + "\n" + "|-" * 30_000,
    "<" * 50_000,
]


@pytest.mark.parametrize("text", SLOW, ids=range(6))
def test_hostile_markdown_costs_little(text: str) -> None:
    started = time.thread_time()
    render(text, HOME)
    assert time.thread_time() - started < 15


def test_tags_that_nest_without_end_are_shown_as_text() -> None:
    started = time.thread_time()
    for name in ("div", "DIV", "dl><dd", "ul><li", "div><table><td></div"):
        shown = render(f"<{name}>" * 40_000, HOME)
        assert "<div" not in shown
        assert "&lt;" in shown
    assert time.thread_time() - started < 10
    flat = "<div>a</div><ul><li>b<li>c</ul>\n\n" * 1000
    assert render(flat, HOME).count("<li>") == 2000


def test_metadata_that_nests_is_refused_by_its_depth() -> None:
    for metadata in ("a: " + "[" * 5000, "a: " + "{" * 5000, "- " * 5000):
        with pytest.raises(CardInvalid) as caught:
            parse_card(card(metadata))
        assert "deeper" in str(caught.value.data["reason"])


ODD_VALUES = """a: .5
b: 1e5
c: 0x1f
d: ~
true: yes
2: x
base_model: a/b
base_model_relation: quantized
f: 1e999"""


def test_odd_values_become_plain_ones() -> None:
    found = parse_card(card(ODD_VALUES))
    assert dict(found.data) == {
        "a": 0.5,
        "b": 1e5,
        "c": 31,
        "d": None,
        "true": "yes",
        "2": "x",
        "base_model": "a/b",
        "base_model_relation": "quantized",
        "f": "inf",
    }
    assert "base_model:quantized:a/b" in tags(found)
    assert found.word("none") is None
