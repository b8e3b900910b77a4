"""Transactions before they are booked: entries that sum to zero, under a key that books them once."""

import hashlib
from dataclasses import dataclass

from modelyard.kernel import LedgerTxnId, Money
from modelyard.ledger.chart import AccountKind, LedgerAccount


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a transaction: a debit is positive, a credit negative, and nothing is no entry."""

    account: LedgerAccount
    atoms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to book. `(source, key)` names the act for ever; `kind` is the word of statements.

    Raises ValueError unless it has two entries or more, none of them zero, that sum to zero in each currency.
    """

    source: str
    key: str
    kind: str
    entries: tuple[Entry, ...]
    reverses: LedgerTxnId | None = None

    def __post_init__(self) -> None:
        sums: dict[str, int] = {}
        for entry in self.entries:
            code = entry.account.currency.code
            sums[code] = sums.get(code, 0) + entry.atoms
        if len(self.entries) < 2 or not all(entry.atoms for entry in self.entries) or any(sums.values()):
            msg = f"transaction {self.source}/{self.key} does not balance: {sums}"
            raise ValueError(msg)

    @property
    def payload_hash(self) -> str:
        """SHA-256 over all that the key stands for, so that the same key with other contents is noticed."""
        sides = sorted(f"{entry.account.id}={entry.atoms}" for entry in self.entries)
        text = "\n".join((self.source, self.key, self.kind, self.reverses or "", *sides))
        return hashlib.sha256(text.encode()).hexdigest()


def debit(account: LedgerAccount, amount: Money) -> Entry:
    """Return the entry that debits an account by a positive amount."""
    return Entry(account, amount.atoms)


def credit(account: LedgerAccount, amount: Money) -> Entry:
    """Return the entry that credits an account by a positive amount."""
    return Entry(account, -amount.atoms)


def wallet_deltas(draft: Draft) -> dict[LedgerAccount, int]:
    """Return by how much the draft raises (or, negative, lowers) each customer wallet that it touches."""
    deltas: dict[LedgerAccount, int] = {}
    for entry in draft.entries:
        if entry.account.kind is AccountKind.CUSTOMER_WALLET:
            deltas[entry.account] = deltas.get(entry.account, 0) - entry.atoms
    return deltas
