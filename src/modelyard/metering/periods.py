"""Which span of time a question about usage means."""

import re
from datetime import datetime

from modelyard.kernel import InvalidInput, Period

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")


def month_of(instant: datetime) -> str:
    """Return the month of an instant in UTC, such as `2026-01`."""
    return f"{instant.year:04}-{instant.month:02}"


def period_of(month: str, start: datetime | None, end: datetime | None, *, now: datetime) -> Period:
    """Return the period of a month such as `2026-01`, or from an instant to another; without any, this month.

    Raises InvalidInput for a month that is none, for a start without an end, and for an end that is not later.
    """
    if start is not None or end is not None:
        if start is None or end is None or start >= end:
            raise InvalidInput(field="end", name="end", reason="give a start and a later end")
        return Period(start, end)
    matched = _MONTH.match(month or month_of(now))
    if matched is None:
        raise InvalidInput(field="month", name="month", reason="write it like 2026-01")
    return Period.month(int(matched[1]), int(matched[2]))
