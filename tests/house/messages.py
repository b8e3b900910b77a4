"""The sentences that people read, as the code marks them and as the catalogs translate them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from tests.house.source import PACKAGE, place, tracked

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),  # type: ignore[dict-item]  # Babel's stubs leave out the context form
}
# As web.render configures Jinja: whitespace is part of a message id.
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.do"}


@dataclass(frozen=True)
class Marked:
    """A sentence that the code of a room marks for translation."""

    room: str
    msgid: str
    where: str


@dataclass(frozen=True)
class Translated:
    """An entry of a room's catalog."""

    room: str
    msgid: str
    forms: tuple[str, ...]
    fuzzy: bool
    where: str


def marked() -> Iterator[Marked]:
    """Yield every marked sentence of Python code and templates."""
    for path in tracked(".py", ".html"):
        if not path.is_relative_to(PACKAGE):
            continue
        method, options = ("python", {}) if path.suffix == ".py" else ("jinja2.ext:babel_extract", JINJA)
        for line, messages, _, _ in extract_from_file(method, str(path), KEYWORDS, options=options):
            msgid = messages if isinstance(messages, str) else messages[0]
            yield Marked(_room(path), msgid, place(path, line))


def translated() -> Iterator[Translated]:
    """Yield every entry of every room's Chinese catalog."""
    for path in tracked("zh.po"):
        with path.open("rb") as file:
            catalog = read_po(file, locale="zh", abort_invalid=True)
        for message in catalog:
            if message.id:
                where = place(path, message.lineno or 0)
                yield Translated(_room(path), _first(message), _forms(message), message.fuzzy, where)
        for obsolete in catalog.obsolete.values():
            yield Translated(_room(path), _first(obsolete), (), fuzzy=True, where=place(path))


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
