"""Documents of what was posted: credit that came in, statements of a period.

A statement is drawn from ledger entries and checked against usage events: opening plus what came in less what was
used is the closing balance, to the atom, or there is no statement. The room refuses to compute a price, to change an
entry, and to book credit twice under one key.
"""

from modelyard.billing.credit import TopUp
from modelyard.billing.errors import AmountNotPositive, AmountTooHigh, KeyMissing, StatementDoesNotAddUp
from modelyard.billing.service import credit_of, owed_to, statement, top_up
from modelyard.billing.statements import (
    Movement,
    SaleLine,
    SalesStatement,
    Statement,
    UsageLine,
    WalletStatement,
)

__all__ = [
    "AmountNotPositive",
    "AmountTooHigh",
    "KeyMissing",
    "Movement",
    "SaleLine",
    "SalesStatement",
    "Statement",
    "StatementDoesNotAddUp",
    "TopUp",
    "UsageLine",
    "WalletStatement",
    "credit_of",
    "owed_to",
    "statement",
    "top_up",
]
