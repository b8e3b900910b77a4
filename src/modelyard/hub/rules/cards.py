"""The card: README.md, its YAML metadata and the text below, read with bounds that no hostile card can stretch.

Scalars follow YAML 1.2 as the clients' own parsers do, so the language code `no` is a word and not false. Aliases may
share a value, but the document counts as if each were written out, so a few lines cannot stand for a billion values.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from modelyard.hub.errors import CardInvalid

MAX_METADATA_BYTES = 256 * 1024
MAX_VALUES = 20_000
MAX_DEPTH = 24
MAX_TAGS = 500
MAX_TAG_LENGTH = 128
CARD_PATH = "README.md"
_FENCE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)(?:^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says: its metadata as plain JSON values, and the Markdown below."""

    data: Mapping[str, Value] = field(default_factory=dict)
    body: str = ""

    def words(self, key: str) -> tuple[str, ...]:
        """Return a value that may be one word or a list of words, as a tuple of words."""
        value = self.data.get(key)
        listed = value if isinstance(value, list) else [value]
        return tuple(word for word in listed if isinstance(word, str) and word)

    def word(self, key: str) -> str | None:
        """Return the first word of a value, or None."""
        return next(iter(self.words(key)), None)


def _too_much() -> CardInvalid:
    return CardInvalid(reason=f"it holds more than {MAX_VALUES} values or nests deeper than {MAX_DEPTH}")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 scalars, no merge keys, no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape

    values = 0
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Stop at the bounds before the document is built."""
        self.values += 1
        if self.values > MAX_VALUES or self.depth > MAX_DEPTH:
            raise _too_much()
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave merge keys alone: they multiply a document before anything could count it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Refuse a key that stands twice, since readers would disagree about which one counts."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"the name {key.value!r} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", [*"tTfF"]),
    ("int", r"^(?:[-+]?(?:0|[1-9][0-9]{0,17})|0x[0-9a-fA-F]{1,15})$", [*"-+0123456789"]),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?$", [*"-+.0123456789"]),
    ("null", r"^(?:~|null|Null|NULL|)$", [*"~nN", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse_card(content: bytes | str) -> Card:
    """Return the card of a README.md; raise CardInvalid naming what is wrong with its metadata."""
    text = content if isinstance(content, str) else _text(content)
    match = _FENCE.match(text)
    if match is None:
        return Card(body=text)
    if len(match[1].encode(errors="replace")) > MAX_METADATA_BYTES:
        raise CardInvalid(reason=f"it is longer than {MAX_METADATA_BYTES} bytes")
    data = _plain(_load(match[1]))
    if data is None:
        return Card(body=text[match.end() :])
    if not isinstance(data, dict):
        raise CardInvalid(reason="it is not a list of names and values")
    _check(data)
    return Card(data, text[match.end() :])


def lenient_card(content: bytes) -> Card:
    """Return the card, or one without metadata where the metadata is not valid: for showing what is already stored."""
    text = content.decode(errors="replace")
    try:
        return parse_card(text)
    except CardInvalid:
        return Card(body=_FENCE.sub("", text, count=1))


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CardInvalid(reason="README.md is not UTF-8") from None


def _load(source: str) -> object:
    try:
        return yaml.load(source, _Loader)  # noqa: S506 - the loader is a SafeLoader with less
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else None
        reason = f"{error.problem or error.context or 'it is not YAML'}" + (f" (line {line})" if line else "")
        raise CardInvalid(reason=reason, line=line) from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise CardInvalid(reason=str(error)[:200] or "it is not YAML") from None


def _plain(document: object) -> Value:
    return _Copier().copy(document, 0)


class _Copier:
    """Copies a document into JSON values, every alias written out, and stops at the bounds."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def copy(self, value: object, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise _too_much()
        if isinstance(value, dict):
            return {_key(key): self.copy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.copy(item, depth + 1) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if value is None or isinstance(value, int | float | bool):
            return value
        return _sound(str(value))


def _key(key: object) -> str:
    if isinstance(key, bool | None):
        return {True: "true", False: "false", None: "null"}[key]
    if isinstance(key, str | int | float):
        return _sound(str(key))
    raise CardInvalid(reason="a name in it is not a word")


def _sound(text: str) -> str:
    """Return text that every database can hold; an escape can spell what is not text."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise CardInvalid(reason="it holds an escape that is not text")
    return text


_WORD = ("pipeline_tag", "library_name", "license_name", "license_link", "pretty_name", "sdk", "base_model_relation")
_WORDS = ("license", "language", "tags", "datasets", "base_model", "metrics", "task_categories", "size_categories")


def _check(data: Mapping[str, Value]) -> None:
    for key in _WORD:
        if not isinstance(data.get(key), str | None):
            raise CardInvalid(reason=f'"{key}" must be a string', field=key)
    for key in _WORDS:
        value = data.get(key)
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(word, str | None) for word in listed):
            raise CardInvalid(reason=f'"{key}" must be a string or a list of strings', field=key)


def tags(card: Card) -> tuple[str, ...]:
    """Return the tags that the card gives its repository, as clients show them, each once, in a steady order."""
    return tuple(dict.fromkeys(tag for tag in _all_tags(card) if len(tag) <= MAX_TAG_LENGTH))[:MAX_TAGS]


def _all_tags(card: Card) -> Iterator[str]:
    yield from card.words("library_name")
    yield from card.words("pipeline_tag")
    yield from card.words("tags")
    yield from card.words("language")
    yield from _prefixed("dataset:", card.words("datasets"))
    yield from _prefixed("base_model:", card.words("base_model"))
    relation = card.word("base_model_relation")
    if relation:
        yield from _prefixed(f"base_model:{relation}:", card.words("base_model"))
    yield from _prefixed("license:", card.words("license"))
    for key in ("task_categories", "size_categories"):
        yield from _prefixed(f"{key}:", card.words(key))


def _prefixed(prefix: str, words: Iterable[str]) -> Iterator[str]:
    return (prefix + word for word in words)


def search_tags(card: Card) -> frozenset[str]:
    """Return what a filter may ask for: the tags, and task, library and language with their prefixes too."""
    named = (*_prefixed("language:", card.words("language")), *_prefixed("library:", card.words("library_name")))
    tasks = _prefixed("task:", (*card.words("pipeline_tag"), *card.words("task_categories")))
    short = (tag for tag in (*named, *tasks) if len(tag) <= MAX_TAG_LENGTH)
    return frozenset(tags(card)) | frozenset(short)


def warnings(card: Card) -> tuple[str, ...]:
    """Return what would make the card more useful, in English, for the client that validates it."""
    if not card.data:
        return ("empty or missing yaml metadata in repo card",)
    return () if card.words("license") else ("the card names no license",)
