"""A statement as a table for spreadsheets: one row a line, amounts as exact decimals."""

import csv
import io
from collections.abc import Iterator

from modelyard.billing.statements import SaleLine, SalesStatement, Statement, UsageLine, WalletStatement
from modelyard.kernel import Money

COLUMNS = (
    *("side", "line", "at", "deployment", "price", "requests", "prompt_tokens", "completion_tokens"),
    *("gross", "platform", "amount", "currency"),
)
Row = dict[str, object]


def as_csv(statement: Statement) -> str:
    """Return the statement as CSV (RFC 4180) under one heading; the amount is what the line adds to the balance."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_rows(statement))
    return text.getvalue()


def _rows(statement: Statement) -> Iterator[Row]:
    for wallet in statement.wallets:
        yield from _part("credit", statement, wallet, [_used(line) for line in wallet.usage])
    for sales in statement.sales:
        yield from _part("sales", statement, sales, [_sold(line) for line in sales.sales])


def _part(side: str, statement: Statement, part: WalletStatement | SalesStatement, lines: list[Row]) -> Iterator[Row]:
    start, end = statement.period.start.isoformat(), statement.period.end.isoformat()
    yield {"side": side, "line": "opening", "at": start, **_amount(part.opening)}
    for movement in part.movements:
        at = movement.booked_at.isoformat()
        yield {"side": side, "line": movement.kind, "at": at, **_amount(movement.amount)}
    for line in lines:
        yield {"side": side, **line}
    yield {"side": side, "line": "closing", "at": end, **_amount(part.closing)}


def _used(line: UsageLine) -> Row:
    return {"line": "usage", **_counts(line), **_amount(-line.amount)}


def _sold(line: SaleLine) -> Row:
    shares = {"gross": str(line.gross), "platform": str(line.platform)}
    return {"line": "sale", **_counts(line), **shares, **_amount(line.net)}


def _counts(line: UsageLine | SaleLine) -> Row:
    return {
        "deployment": line.product,
        "price": line.price.id,
        "requests": line.requests,
        "prompt_tokens": line.prompt_tokens,
        "completion_tokens": line.completion_tokens,
    }


def _amount(money: Money) -> Row:
    return {"amount": str(money), "currency": money.currency.code}
