"""How often a secret may be guessed: the generic cell rate algorithm over one stored instant.

A bucket remembers only the instant at which it will be empty again (`full_until`). Each attempt pushes that instant one
`interval` further; an attempt that would push it more than `burst` intervals beyond the present is refused and pushes
nothing, so a refused guesser does not lengthen anyone's wait. Source: ITU-T I.371, annex A.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` attempts at once, and one more each `interval` after that."""

    burst: int
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """The answer to one attempt; `wait` is zero when it is allowed."""

    full_until: datetime
    wait: timedelta

    @property
    def allowed(self) -> bool:
        """Tell whether the attempt may go on."""
        return not self.wait


PER_NAME = Rate(burst=10, interval=timedelta(seconds=30))
PER_ADDRESS = Rate(burst=50, interval=timedelta(seconds=6))


def attempt(rate: Rate, *, full_until: datetime | None, now: datetime) -> Attempt:
    """Count one attempt against a bucket; None is a bucket that nobody has touched."""
    start = max(full_until or now, now)
    end = start + rate.interval
    wait = end - (now + rate.burst * rate.interval)
    return Attempt(start, wait) if wait > timedelta(0) else Attempt(end, timedelta(0))
