"""Cards as HTML that is safe to show: Markdown rendered, everything but plain text markup taken away, links led home.

Whatever a card holds, the result has no script, no style, no frame, no form, no id that could shadow ours, and no
picture from elsewhere that would tell another site who reads.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARACTERS = 128 * 1024
MAX_DEPTH = 500
MAX_DEPTH = 500
_LEAST_HEADING = 2
_MOST_HEADING = 6
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_NEVER_DEEP = frozenset({"br", "dd", "dt", "hr", "img", "input", "li", "p", "td", "th", "tr", "wbr"})
"""Tags without content, and those that their next sibling closes."""
_TAGS = set(
    """
    a abbr b blockquote br caption center code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img
    ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var
    """.split()
)
_ATTRIBUTES: Mapping[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
}


@dataclass(frozen=True, slots=True)
class Home:
    """Where a card stands: the path of its repository's page, the revision, and the folder that it lies in."""

    address: str
    revision: str
    folder: str = ""

    def page(self, target: str) -> str:
        """Return the address of the page that shows a file of the repository."""
        return self._of("blob", target)

    def content(self, target: str) -> str:
        """Return the address of a file's bytes."""
        return self._of("resolve", target)

    def _of(self, verb: str, target: str) -> str:
        base = "" if target.startswith("/") else self.folder
        path = posixpath.normpath(posixpath.join("/", base, unquote(target).lstrip("/"))).lstrip("/")
        return f"{self.address}/{verb}/{quote(self.revision, safe='')}/{quote(path)}"


def render(text: str, home: Home) -> str:
    """Return the HTML of a card's Markdown; what is longer than 128 Ki characters is cut."""
    source = text[:MAX_CHARACTERS]
    html = _html(source, with_tags=True)
    if _too_deep(html):
        html = _html(source, with_tags=False)
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=lambda tag, name, value: _led_home(tag, name, value, home),
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        strip_comments=True,
    )


def _html(source: str, *, with_tags: bool) -> str:
    """Return the card as HTML that is not clean yet; its own tags are tags, or text that can be read."""
    parser = MarkdownIt("commonmark", {"html": with_tags, "linkify": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(source)
    for token in tokens:
        _lower(token)
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered


def _too_deep(html: str) -> bool:
    """Tell whether tags nest deeper than any card's do: HTML's rules make each look through all that stay open."""
    standing: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(html.lower()):
        if name in _NEVER_DEEP or (closing and not standing[name]):
            continue
        step = -1 if closing else 1
        standing[name] += step
        depth += step
        if depth > MAX_DEPTH:
            return True
    return False


def _lower(token: Token) -> None:
    """Put the card's headings below the page's own."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(_MOST_HEADING, int(token.tag[1]) + _LEAST_HEADING - 1)}"


def _led_home(tag: str, name: str, value: str, home: Home) -> str | None:
    if (tag, name) == ("img", "src"):
        return _picture(value, home)
    if (tag, name) == ("a", "href"):
        return _link(value, home)
    return value


def _picture(value: str, home: Home) -> str | None:
    """Return where a picture of the repository is; one from elsewhere keeps its words only."""
    return home.content(_plain(value)) if _is_relative(value) else None


def _link(value: str, home: Home) -> str:
    if value.startswith("#") or not _is_relative(value):
        return value
    fragment = urlsplit(value).fragment
    return home.page(_plain(value)) + (f"#{fragment}" if fragment else "")


def _plain(value: str) -> str:
    return value.split("#", 1)[0].split("?", 1)[0]


def _is_relative(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and not value.startswith(("//", "/\\", "\\"))
