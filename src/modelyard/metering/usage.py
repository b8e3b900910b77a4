"""Usage as it is asked for afterwards: single events, and totals by what one wants to tell apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from modelyard.kernel import AccountId, DeploymentId, Money, Period, PriceId, TokenId
from modelyard.metering.values import Usage


class Dimension(StrEnum):
    """What totals may be told apart by. Days are those of UTC, written `2026-01-31`."""

    DAY = "day"
    PRODUCT = "product"
    PRICE = "price"
    TOKEN = "token"  # noqa: S105 - the name of a column
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which usage is meant: that of a period, and of one product or token where they are named."""

    period: Period
    product: DeploymentId | None = None
    token: TokenId | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Money of usage in one currency: what it was worth, what the customer paid, what the platform kept of it."""

    rated: Money
    charged: Money
    platform: Money

    @property
    def seller(self) -> Money:
        """What the seller is owed."""
        return self.charged - self.platform


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over the events that share `by`; they never mix currencies, and `amounts` is None for use without price."""

    by: Mapping[Dimension, str]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    amounts: Amounts | None


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One request as it was counted, for good."""

    source: str
    id: str
    account: AccountId
    product: DeploymentId
    token: TokenId | None
    price: PriceId | None
    usage: Usage
    amounts: Amounts | None
    occurred_at: datetime
