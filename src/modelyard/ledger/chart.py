"""The chart of accounts: kinds of account, and one account a kind, owner and currency."""

from dataclasses import dataclass, field
from enum import StrEnum

from modelyard.kernel import Currency


class AccountKind(StrEnum):
    """What an account is for. Debits are positive: assets and expenses grow up, liabilities and revenue down."""

    CUSTOMER_WALLET = "customer_wallet"
    """Liability: prepaid credit that a customer may still spend."""
    SELLER_PAYABLE = "seller_payable"
    """Liability: what the platform owes a seller for sales."""
    PLATFORM_REVENUE = "platform_revenue"
    """Revenue: the platform's share of sales."""
    PROCESSOR_CLEARING = "processor_clearing"
    """Asset: money that came in from outside for credit."""


OWNED = frozenset({AccountKind.CUSTOMER_WALLET, AccountKind.SELLER_PAYABLE})


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One account of the ledger; `owner` is a customer or seller for the kinds that are owned, and else empty."""

    kind: AccountKind
    currency: Currency
    owner: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        if bool(self.owner) != (self.kind in OWNED):
            msg = f"an account of kind {self.kind} {'needs an' if self.kind in OWNED else 'has no'} owner"
            raise ValueError(msg)
        parts = (
            (self.kind.value, self.owner, self.currency.code) if self.owner else (self.kind.value, self.currency.code)
        )
        object.__setattr__(self, "id", ":".join(parts))
