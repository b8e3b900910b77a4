"""Time as a parameter, so that a year of billing can be rehearsed in a test."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present as an aware UTC datetime."""

    def now(self) -> datetime:
        """Return the present; `tzinfo` is always UTC."""
        ...


class ManualClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant that the clock was set to."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by a positive span and return the new present."""
        if by < timedelta(0):
            msg = "a clock does not run backwards"
            raise ValueError(msg)
        self._now += by
        return self._now
