"""The books: append-only, double entry, every transaction zero in each currency.

Amounts are signed atoms, a debit positive and a credit negative. What was booked is never changed: a mistake is
corrected by a transaction that reverses it. A balance is the sum of entries; the one exception is the customer's
wallet, kept beside them because admission hangs on it. The room refuses entries that do not balance, a second booking
under a key, and a wallet below what it holds.
"""

from modelyard.ledger.chart import AccountKind, LedgerAccount
from modelyard.ledger.drafts import Draft, Entry, credit, debit
from modelyard.ledger.errors import InsufficientFunds, KeyConflict, TransactionNotFound, WalletFull
from modelyard.ledger.journal import find, open_account, write, write_all
from modelyard.ledger.service import Posting, post, rebuild_wallet, reverse, wallet
from modelyard.ledger.store import Booking, Flow, balance_atoms, bookings, currencies, flows, wallets
from modelyard.ledger.verify import CHECKS, Check, Finding, Report, verify
from modelyard.ledger.wallets import Balance, Move, balance, move, move_all

__all__ = [
    "CHECKS",
    "AccountKind",
    "Balance",
    "Booking",
    "Check",
    "Draft",
    "Entry",
    "Finding",
    "Flow",
    "InsufficientFunds",
    "KeyConflict",
    "LedgerAccount",
    "Move",
    "Posting",
    "Report",
    "TransactionNotFound",
    "WalletFull",
    "balance",
    "balance_atoms",
    "bookings",
    "credit",
    "currencies",
    "debit",
    "find",
    "flows",
    "move",
    "move_all",
    "open_account",
    "post",
    "rebuild_wallet",
    "reverse",
    "verify",
    "wallet",
    "wallets",
    "write",
    "write_all",
]
