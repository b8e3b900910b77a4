"""Words of the domain, with no I/O: money, ids, time, errors, pages of a list.

Every other room may import this one; it imports none. It refuses to read a clock, a file or an environment variable:
those arrive as parameters from `infra`.
"""

from modelyard.kernel.clock import Clock, ManualClock
from modelyard.kernel.errors import DomainError, InvalidInput, Kind, Unavailable
from modelyard.kernel.ids import (
    AccountId,
    DeploymentId,
    HoldId,
    JobId,
    LedgerTxnId,
    PriceId,
    RepoId,
    TokenId,
    UsageEventId,
    is_id,
)
from modelyard.kernel.messages import N_
from modelyard.kernel.money import CURRENCIES, Currency, CurrencyMismatch, Money, MoneyFormatError, currency
from modelyard.kernel.pages import Page
from modelyard.kernel.period import Period

__all__ = [
    "CURRENCIES",
    "N_",
    "AccountId",
    "Clock",
    "Currency",
    "CurrencyMismatch",
    "DeploymentId",
    "DomainError",
    "HoldId",
    "InvalidInput",
    "JobId",
    "Kind",
    "LedgerTxnId",
    "ManualClock",
    "Money",
    "MoneyFormatError",
    "Page",
    "Period",
    "PriceId",
    "RepoId",
    "TokenId",
    "Unavailable",
    "UsageEventId",
    "currency",
    "is_id",
]
