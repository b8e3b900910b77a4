"""Statements: frozen documents of one account and one period, one part for each currency and each side of the books."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.kernel import AccountId, DeploymentId, LedgerTxnId, Money, Period
from modelyard.pricing import PriceVersion


@dataclass(frozen=True, slots=True)
class Movement:
    """A booking other than usage, as it changed the balance: a top-up, a reversal."""

    txn: LedgerTxnId
    kind: str
    booked_at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class UsageLine:
    """All that was used of one product at one price version, and what it cost the customer."""

    product: DeploymentId
    price: PriceVersion
    requests: int
    prompt_tokens: int
    completion_tokens: int
    amount: Money


@dataclass(frozen=True, slots=True)
class SaleLine:
    """All that was sold of one product at one price version: gross = platform + net."""

    product: DeploymentId
    price: PriceVersion
    requests: int
    prompt_tokens: int
    completion_tokens: int
    gross: Money
    platform: Money
    net: Money


@dataclass(frozen=True, slots=True)
class WalletStatement:
    """A customer's prepaid credit over a period: opening + movements - usage = closing."""

    opening: Money
    movements: tuple[Movement, ...]
    usage: tuple[UsageLine, ...]
    used: Money
    closing: Money

    @property
    def adds_up(self) -> bool:
        """Tell whether lines and balances agree to the atom."""
        lines = sum((line.amount for line in self.usage), Money.zero(self.opening.currency))
        moved = sum((movement.amount for movement in self.movements), Money.zero(self.opening.currency))
        return lines == self.used and self.opening + moved - self.used == self.closing


@dataclass(frozen=True, slots=True)
class SalesStatement:
    """What the platform owes a publisher over a period: opening + net sales + movements = closing."""

    opening: Money
    sales: tuple[SaleLine, ...]
    movements: tuple[Movement, ...]
    gross: Money
    platform: Money
    net: Money
    closing: Money

    @property
    def adds_up(self) -> bool:
        """Tell whether lines and balances agree to the atom."""
        zero = Money.zero(self.opening.currency)
        moved = sum((movement.amount for movement in self.movements), zero)
        sums = [sum((getattr(line, name) for line in self.sales), zero) for name in ("gross", "platform", "net")]
        whole = sums == [self.gross, self.platform, self.net] and self.platform + self.net == self.gross
        return whole and self.opening + self.net + moved == self.closing


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's statement of a period; `free` counts requests without a price, which cost and earn nothing."""

    account: AccountId
    period: Period
    drawn_at: datetime
    wallets: tuple[WalletStatement, ...]
    sales: tuple[SalesStatement, ...]
    free_requests: int
