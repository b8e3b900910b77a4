"""Credit that was booked."""

from dataclasses import dataclass

from modelyard.kernel import LedgerTxnId
from modelyard.ledger import Balance

MOST_ATOMS = 90_000_000 * 10**9
"""The most of one booking, a hundredth of what a wallet can hold: 90 million units, or 90 billion small ones."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Credit that was booked; `new` is False when the same key had booked it before."""

    txn: LedgerTxnId
    new: bool
    balance: Balance
