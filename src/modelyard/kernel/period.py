"""Half-open spans of time: the start belongs to it, the end does not, so that chained periods leave no gap."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span `[start, end)` of aware UTC instants; `start < end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            msg = "a period needs aware datetimes"
            raise ValueError(msg)
        if self.start >= self.end:
            msg = "a period must end after it starts"
            raise ValueError(msg)

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @classmethod
    def month(cls, year: int, month: int) -> "Period":
        """Return the calendar month in UTC."""
        start = datetime(year, month, 1, tzinfo=UTC)
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return cls(start, end)
