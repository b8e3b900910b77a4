"""Two languages from plain PO files, one a room; read at start, so that nothing has to be compiled."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from types import MappingProxyType

from babel.messages.pofile import read_po

from modelyard.kernel import DomainError
from modelyard.kernel.errors import fill

DEFAULT_LOCALE = "en"
LOCALES = ("en", "zh")
_QUALITY_STEPS = 1000


class Catalogs:
    """Sentences by locale; a sentence without a translation comes back in English."""

    def __init__(self, messages: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self._messages = MappingProxyType(dict(messages))

    @classmethod
    def load(cls) -> "Catalogs":
        """Read `locale/<locale>.po` of every room of the package."""
        merged: dict[str, dict[str, tuple[str, ...]]] = {locale: {} for locale in LOCALES}
        for room in files("modelyard").iterdir():
            for locale in LOCALES:
                catalog = room / "locale" / f"{locale}.po"
                if room.is_dir() and catalog.is_file():
                    merged[locale].update(_read(catalog, locale))
        return cls(merged)

    def gettext(self, locale: str, msgid: str) -> str:
        """Return the sentence in this locale."""
        forms = self._messages.get(locale, {}).get(msgid)
        return forms[0] if forms else msgid

    def ngettext(self, locale: str, singular: str, plural: str, count: int) -> str:
        """Return the form for this count; Chinese has one form, English two."""
        forms = self._messages.get(locale, {}).get(singular)
        if forms:
            return forms[-1]
        return singular if count == 1 else plural

    def sentence(self, locale: str, error: DomainError) -> str:
        """Return an error's sentence in this locale, its data filled in."""
        return fill(self.gettext(locale, error.sentence), error.data)

    def hint(self, locale: str, error: DomainError) -> str:
        """Return what to do next in this locale."""
        return fill(self.gettext(locale, error.hint), error.data)


def _read(catalog: Traversable, locale: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    for message in read_po(BytesIO(catalog.read_bytes()), locale=locale):
        if not message.id or not message.string or message.fuzzy:
            continue
        msgid = message.id if isinstance(message.id, str) else message.id[0]
        yield msgid, (message.string,) if isinstance(message.string, str) else tuple(message.string)


def negotiate(accept_language: str) -> str:
    """Choose the locale that an Accept-Language header likes best; English when it names none of ours."""
    best, best_quality = DEFAULT_LOCALE, 0
    for part in accept_language.split(",")[:20]:
        tag, _, parameter = part.strip().partition(";")
        locale = tag.strip().lower().split("-")[0]
        quality = _quality(parameter)
        if locale in LOCALES and quality > best_quality:
            best, best_quality = locale, quality
    return best


def _quality(parameter: str) -> int:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return _QUALITY_STEPS
    whole, _, fraction = value.partition(".")
    digits = (fraction + "000")[:3]
    return int(whole) * _QUALITY_STEPS + int(digits) if whole.isdigit() and digits.isdigit() else 0
