"""Numbers, sizes, money and time in the reader's language; every number keeps its unit."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from markupsafe import Markup

from modelyard.kernel import N_, Clock, Money
from modelyard.web import labels
from modelyard.web.translation import Translator

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_THOUSAND = 1000


class Formats:
    """The filters of one locale."""

    def __init__(self, locale: str, translator: Translator, clock: Clock) -> None:
        self._locale = locale
        self._babel = {"zh": "zh_Hans_CN"}.get(locale, locale)
        self._translator = translator
        self._clock = clock

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return them by the names that templates use."""
        mine = ("number", "compact", "percent", "bytes", "tokens", "money", "day", "moment", "age", "task")
        return {"license": license_name, "hue": hue} | {name: getattr(self, name) for name in mine}

    def number(self, value: int | Decimal) -> str:
        """Return a number with grouping: 1,234,567."""
        return format_decimal(value, locale=self._babel, decimal_quantization=False)

    def compact(self, value: int) -> str:
        """Return a short count for cards: 12.3K, in Chinese 1.2万."""
        return format_compact_decimal(value, locale=self._babel, fraction_digits=1)

    def percent(self, share: Decimal | float, digits: int = 1) -> str:
        """Return a share between 0 and 1 as a percentage: 12.5%."""
        pattern = "#,##0." + "#" * digits + "%" if digits else "#,##0%"
        return format_percent(share, format=pattern, locale=self._babel)

    def bytes(self, value: int) -> str:
        """Return a size in decimal units, as the hubs write it: 1.24 GB."""
        size, unit = Decimal(value), 0
        while abs(size) >= _THOUSAND and unit < len(_BYTE_UNITS) - 1:
            size, unit = size / _THOUSAND, unit + 1
        rounded = size.quantize(Decimal("0.01")).normalize() if unit else size
        return f"{format_decimal(rounded, locale=self._babel, decimal_quantization=False)} {_BYTE_UNITS[unit]}"

    def tokens(self, value: int) -> str:
        """Return a count of tokens with its unit: 1,234 tokens."""
        sentence = N_("{n} token") if value == 1 else N_("{n} tokens")
        return self._translator.gettext(self._locale, sentence).format(n=self.number(value))

    def money(self, value: Money) -> str:
        """Return an amount with its currency, exact to the last atom: CN¥0.005, in Chinese ¥0.005."""
        return format_currency(Decimal(str(value)), value.currency.code, locale=self._babel, decimal_quantization=False)

    def day(self, value: date) -> str:
        """Return a date: Jan 2, 2026."""
        return format_date(value, format="medium", locale=self._babel)

    def moment(self, value: datetime) -> Markup:
        """Return an instant in UTC, said so, as a `time` element."""
        return _time(value, self._exact(value), "")

    def age(self, value: datetime) -> Markup:
        """Return how long ago an instant was, with the exact one as its title."""
        words = format_timedelta(value - self._clock.now(), add_direction=True, locale=self._babel)
        return _time(value, words, self._exact(value))

    def task(self, identifier: str) -> str:
        """Return the name of a task in the reader's language; an unknown one comes back as it is."""
        name = labels.TASKS.get(identifier)
        return self._translator.gettext(self._locale, name) if name else identifier

    def _exact(self, value: datetime) -> str:
        utc = value.astimezone(UTC)
        return format_datetime(utc, format="medium", tzinfo=UTC, locale=self._babel) + " UTC"


def license_name(identifier: str) -> str:
    """Return the usual name of an SPDX or hub license identifier; an unknown one comes back as it is."""
    return labels.LICENSES.get(identifier.lower(), identifier)


def hue(name: str) -> int:
    """Return a number from 0 to 7 that stays with a name, for the color of its initials."""
    return sum(map(ord, name)) % 8


def _time(value: datetime, words: str, title: str) -> Markup:
    iso = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if title:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, title, words)
    return Markup('<time datetime="{}">{}</time>').format(iso, words)
