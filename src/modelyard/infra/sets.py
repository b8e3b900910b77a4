"""One statement for many rows, on both databases.

The texts depend on the number of rows only, so that a connection compiles each of them once and keeps it.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

from modelyard.infra.writer import Statements

MOST_ROWS = 64
"""Rows of one statement; more are sent in several."""

Row = Sequence[object]
T = TypeVar("T")


def insert_many(statements: Statements, head: str, rows: Sequence[Row], tail: str = "") -> int:
    """Insert rows of one width; `head` ends before VALUES, as in `INSERT INTO t (a, b)`. Returns how many were."""
    return sum(
        statements.execute(_values(head, len(part), len(part[0]), tail), [value for row in part for value in row])
        for part in parts(rows)
    )


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts that fit one statement."""
    for start in range(0, len(rows), MOST_ROWS):
        yield rows[start : start + MOST_ROWS]


@cache
def marks(count: int) -> str:
    """Return placeholders in parentheses: `(?, ?, ?)`."""
    return "(" + ", ".join("?" * count) + ")"


@cache
def _values(head: str, rows: int, width: int, tail: str) -> str:
    return f"{head} VALUES {', '.join([marks(width)] * rows)} {tail}"
