"""Print what was asked for to standard output, and remarks to standard error."""

import json
from collections.abc import Mapping, Sequence

import typer

from modelyard.infra import Catalogs
from modelyard.infra.terminal import terminal_locale
from modelyard.kernel.errors import Datum, fill

Json = Mapping[str, object] | Sequence[object]


def result(data: Json, text: str, *, as_json: bool) -> None:
    """Print the result: the text for people, or the data as one JSON document."""
    typer.echo(json.dumps(data, ensure_ascii=False) if as_json else text)


def spoken(sentence: str, **data: Datum) -> str:
    """Return a marked sentence in the language of the terminal, its braces filled."""
    return fill(Catalogs.load().gettext(terminal_locale(), sentence), data)


def remark(sentence: str, **data: Datum) -> None:
    """Print what is not the result, to standard error."""
    typer.echo(spoken(sentence, **data), err=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns, two spaces apart."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
