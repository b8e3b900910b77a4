"""Checks of the books: each is one query that finds what must not exist.

Rooms above bring checks of their own (metering those of holds and usage), and whoever verifies puts them together.
All of them read one snapshot, so a verification beside a working server finds nothing that is not so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from modelyard.infra import to_micros
from modelyard.infra.sql import over
from modelyard.kernel import N_

_SHOWN = 100
_COUNTS = "SELECT (SELECT count(*) FROM ledger_txn), (SELECT count(*) FROM ledger_entry)"


@dataclass(frozen=True, slots=True)
class Check:
    """A promise of the books, and the query that finds where it is broken.

    The query returns rows `(subject, found, expected)`. Where `timed`, its one placeholder is the present instant.
    """

    name: str
    promise: str
    sql: str
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise: about what, what was found, and what should have been."""

    check: str
    subject: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification; at most a hundred findings a check."""

    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    transactions: int
    entries: int

    @property
    def ok(self) -> bool:
        """Tell whether every promise holds."""
        return not self.findings


def verify(session: Session, checks: Sequence[Check], *, now: datetime) -> Report:
    """Run the checks on the session's snapshot."""
    statements = over(session)
    findings = []
    for check in checks:
        rows = statements.all(f"{check.sql} LIMIT {_SHOWN}", (to_micros(now),) if check.timed else ())
        findings += [Finding(check.name, str(row[0]), str(row[1]), str(row[2])) for row in rows]
    counts = statements.one(_COUNTS) or (0, 0)
    return Report(tuple(checks), tuple(findings), transactions=counts[0], entries=counts[1])


CHECKS = (
    Check(
        "balanced",
        N_("Every transaction sums to zero in each currency."),
        "SELECT txn || ' ' || currency, sum(amount_atoms), 0 FROM ledger_entry"
        " GROUP BY txn, currency HAVING sum(amount_atoms) <> 0",
    ),
    Check(
        "two_sided",
        N_("Every transaction has two entries or more."),
        "SELECT t.id, count(e.txn), 2 FROM ledger_txn t LEFT JOIN ledger_entry e ON e.txn = t.id"
        " GROUP BY t.id HAVING count(e.txn) < 2",
    ),
    Check(
        "sealed",
        N_("Every entry belongs to a transaction and shares its instant."),
        "SELECT e.txn, e.booked_at, t.booked_at FROM ledger_entry e LEFT JOIN ledger_txn t ON t.id = e.txn"
        " WHERE t.id IS NULL OR t.booked_at <> e.booked_at",
    ),
    Check(
        "currency",
        N_("Every entry is in the currency of its account."),
        "SELECT e.txn, e.currency, a.currency FROM ledger_entry e JOIN ledger_account a ON a.id = e.account"
        " WHERE a.currency <> e.currency",
    ),
    Check(
        "wallet_posted",
        N_("Every wallet equals the sum of its entries."),
        "SELECT wallet_key, sum(kept), sum(truth) FROM ("
        " SELECT account || ' ' || currency AS wallet_key, posted_atoms AS kept, 0 AS truth FROM wallet UNION ALL"
        " SELECT a.owner || ' ' || a.currency, 0, -e.amount_atoms FROM ledger_account a"
        " JOIN ledger_entry e ON e.account = a.id WHERE a.kind = 'customer_wallet'"
        ") AS sides GROUP BY wallet_key HAVING sum(kept) <> sum(truth)",
    ),
    Check(
        "reversal",
        N_("Every reversal is the exact opposite of its original."),
        "SELECT r.id || ' ' || e.account, sum(e.amount_atoms), 0 FROM ledger_txn r"
        " JOIN ledger_entry e ON e.txn = r.id OR e.txn = r.reverses WHERE r.kind = 'reversal'"
        " GROUP BY r.id, e.account HAVING sum(e.amount_atoms) <> 0",
    ),
)
