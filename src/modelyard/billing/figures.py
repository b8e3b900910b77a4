"""What pages of usage draw: totals arranged by day and by product, pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from modelyard.kernel import DeploymentId, Money, Period
from modelyard.metering import Dimension, Total


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a period, with or without use."""

    date: date
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    amounts: tuple[Money, ...] = ()

    @property
    def tokens(self) -> int:
        """All tokens of the day."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Used:
    """What was used of one product; one amount for each currency."""

    product: DeploymentId
    title: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    amounts: tuple[Money, ...]


def days_of(totals: Iterable[Total], period: Period, now: datetime) -> list[Day]:
    """Return every day of the period up to now, the oldest first, so that a chart shows quiet days too."""
    by_day: dict[str, list[Total]] = {}
    for total in totals:
        by_day.setdefault(total.by[Dimension.DAY], []).append(total)
    last = min(now, period.end - timedelta(microseconds=1)).astimezone(UTC).date()
    first = period.start.astimezone(UTC).date()
    span = max(0, (last - first).days)
    return [_day(day, by_day.get(day.isoformat(), [])) for day in (first + timedelta(days=n) for n in range(span + 1))]


def by_product(totals: Iterable[Total], titles: Mapping[DeploymentId, str]) -> list[Used]:
    """Return what was used of each product, the one with most tokens first; a product without a title keeps its id."""
    by_id: dict[DeploymentId, list[Total]] = {}
    for total in totals:
        by_id.setdefault(DeploymentId(total.by[Dimension.PRODUCT]), []).append(total)
    used = [
        Used(product, titles.get(product, product), *_sums(parts), _money(parts)) for product, parts in by_id.items()
    ]
    return sorted(used, key=lambda each: (-each.prompt_tokens - each.completion_tokens, each.title))


def _day(day: date, parts: Sequence[Total]) -> Day:
    return Day(day, *_sums(parts), _money(parts))


def _sums(parts: Sequence[Total]) -> tuple[int, int, int]:
    return (
        sum(part.requests for part in parts),
        sum(part.prompt_tokens for part in parts),
        sum(part.completion_tokens for part in parts),
    )


def _money(parts: Sequence[Total]) -> tuple[Money, ...]:
    sums: dict[str, Money] = {}
    for part in parts:
        if part.amounts:
            amount = part.amounts.charged
            code = amount.currency.code
            sums[code] = sums[code] + amount if code in sums else amount
    return tuple(sums[code] for code in sorted(sums))
