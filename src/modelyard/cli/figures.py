"""Data for people at a terminal: aligned tables, numbers in groups, money with its currency, times in UTC."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from modelyard.infra import Catalogs, SystemClock
from modelyard.infra.terminal import terminal_locale
from modelyard.kernel import N_
from modelyard.kernel.errors import Datum, fill
from modelyard.web.formats import Formats

if TYPE_CHECKING:
    from modelyard.pricing.schemas import MoneyView


@dataclass(frozen=True, slots=True)
class Column:
    """A column's marked title; numbers stand at its right side."""

    title: str
    right: bool = False


class Figures:
    """Writes in the language of the terminal."""

    def __init__(self) -> None:
        self._locale = terminal_locale()
        self._catalogs = Catalogs.load()
        self._formats = Formats(self._locale, self._catalogs, SystemClock())

    def say(self, sentence: str, **data: Datum) -> str:
        """Return a marked sentence, its braces filled."""
        return fill(self._catalogs.gettext(self._locale, sentence), data)

    def remark(self, sentence: str, **data: Datum) -> None:
        """Print what is not the result, to standard error."""
        typer.echo(self.say(sentence, **data), err=True)

    def more(self, cursor: str | None) -> None:
        """Say how to see the next page, where there is one."""
        if cursor:
            self.remark(N_("There is more: --cursor {cursor}"), cursor=cursor)

    def number(self, value: int) -> str:
        """Return a number in groups: 1,234,567."""
        return self._formats.number(value)

    def size(self, value: int) -> str:
        """Return a size in decimal units: 98.4 MB."""
        return self._formats.bytes(value)

    def tokens(self, value: int) -> str:
        """Return a count of tokens with its unit: 1,234 tokens."""
        return self._formats.tokens(value)

    def money(self, value: "MoneyView") -> str:
        """Return an exact amount with its currency: 1,234.005 CNY."""
        whole, dot, fraction = value.amount.partition(".")
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        return f"{sign}{int(digits):,}{dot}{fraction} {value.currency}"

    def less(self, value: "MoneyView") -> str:
        """Return an amount that is taken away: -1,234.005 CNY."""
        return ("-" if value.amount.strip("0.") else "") + self.money(value)

    def share(self, basis_points: int) -> str:
        """Return a share as a percentage: 20%."""
        return self._formats.percent(Decimal(basis_points) / 10_000, digits=2)

    def moment(self, value: datetime) -> str:
        """Return an instant to the second, in UTC: 2026-01-31 09:30:00Z."""
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
        """Return rows under their titles, two spaces apart, wide characters counted as two."""
        lines = [[self.say(column.title) for column in columns], *(list(row) for row in rows)]
        widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                _padded(cell, width, right=column.right)
                for cell, width, column in zip(line, widths, columns, strict=True)
            ).rstrip()
            for line in lines
        )

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> str:
        """Return marked names, each with its value beside it; those without a value are left out."""
        shown = [(self.say(name), value) for name, value in pairs if value]
        widest = max(_width(name) for name, _ in shown)
        return "\n".join(f"{_padded(name, widest)}  {value}" for name, value in shown)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
