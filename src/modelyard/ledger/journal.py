"""Writing the journal, as plain SQL on a `Statements`: the writer's in the hot path, a session's everywhere else.

Entries are written first and their transaction last: the transaction is the seal. A trigger refuses a seal on entries
that do not sum to zero, and refuses entries under a seal that exists, so the database itself keeps every transaction
balanced for ever, on SQLite as on PostgreSQL.
"""

from collections.abc import Sequence

from modelyard.infra import Statements
from modelyard.infra.sets import insert_many
from modelyard.kernel import LedgerTxnId
from modelyard.ledger.chart import LedgerAccount
from modelyard.ledger.drafts import Draft

_OPEN = (
    "INSERT INTO ledger_account (id, kind, owner, currency, opened_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_ENTRIES = "INSERT INTO ledger_entry (txn, line, account, currency, amount_atoms, booked_at)"
_SEALS = "INSERT INTO ledger_txn (id, source, key, payload_hash, kind, booked_at, reverses)"
_FIND = "SELECT id, payload_hash FROM ledger_txn WHERE source = ? AND key = ?"


def open_account(statements: Statements, account: LedgerAccount, at: int) -> None:
    """Make sure that an account exists; `at` is in microseconds, as everywhere on this level."""
    row = (account.id, account.kind.value, account.owner, account.currency.code, at)
    statements.execute(_OPEN, row)


def find(statements: Statements, source: str, key: str) -> tuple[LedgerTxnId, str] | None:
    """Return the id and the payload hash of the transaction that was booked under a key."""
    row = statements.one(_FIND, (source, key))
    return None if row is None else (LedgerTxnId(row[0]), row[1])


def write(statements: Statements, txn: LedgerTxnId, draft: Draft, at: int) -> None:
    """Write a balanced transaction; its accounts must be open, and its wallets are the caller's to move."""
    write_all(statements, [(txn, draft, at)])


def write_all(statements: Statements, txns: Sequence[tuple[LedgerTxnId, Draft, int]]) -> None:
    """Write several balanced transactions by few statements; as `write`."""
    entries = [
        (txn, line, entry.account.id, entry.account.currency.code, entry.atoms, at)
        for txn, draft, at in txns
        for line, entry in enumerate(draft.entries)
    ]
    insert_many(statements, _ENTRIES, entries)
    seals = [
        (txn, draft.source, draft.key, draft.payload_hash, draft.kind, at, draft.reverses) for txn, draft, at in txns
    ]
    insert_many(statements, _SEALS, seals)
