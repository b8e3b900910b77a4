"""Credit that was booked."""

from dataclasses import dataclass

from modelyard.kernel import LedgerTxnId
from modelyard.ledger import Balance


@dataclass(frozen=True, slots=True)
class TopUp:
    """Credit that was booked; `new` is False when the same key had booked it before."""

    txn: LedgerTxnId
    new: bool
    balance: Balance
