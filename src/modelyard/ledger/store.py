"""Every query of the books that reads through a session."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from modelyard.kernel import AccountId, Currency, LedgerTxnId, currency
from modelyard.ledger.chart import AccountKind, LedgerAccount
from modelyard.ledger.drafts import Entry
from modelyard.ledger.models import LedgerAccountRow, LedgerEntryRow, WalletRow


def entries(session: Session, txn: LedgerTxnId) -> list[Entry]:
    """Return the entries of a transaction in their order; empty when there is no such transaction."""
    query = (
        select(LedgerAccountRow, LedgerEntryRow.amount_atoms)
        .join(LedgerEntryRow, LedgerEntryRow.account == LedgerAccountRow.id)
        .where(LedgerEntryRow.txn == txn)
        .order_by(LedgerEntryRow.line)
    )
    return [Entry(_account(row), atoms) for row, atoms in session.execute(query)]


def balance_atoms(session: Session, account: str, *, before: datetime | None = None) -> int:
    """Return the sum of an account's entries, all of them or those booked before an instant; debits are positive."""
    query = select(func.sum(LedgerEntryRow.amount_atoms)).where(LedgerEntryRow.account == account)
    if before is not None:
        query = query.where(LedgerEntryRow.booked_at < before)
    # PostgreSQL sums BIGINT into NUMERIC, which arrives as a Decimal; it is a whole number all the same.
    return int(session.execute(query).scalar_one() or 0)


def wallets(session: Session, account: AccountId) -> list[WalletRow]:
    """Return all wallets of an account, by currency."""
    query = select(WalletRow).where(WalletRow.account == account).order_by(WalletRow.currency)
    return list(session.scalars(query))


def set_posted(session: Session, account: AccountId, of: Currency, atoms: int) -> None:
    """Overwrite what a wallet says is posted."""
    same = (WalletRow.account == account, WalletRow.currency == of.code)
    session.execute(update(WalletRow).where(*same).values(posted_atoms=atoms))


def _account(row: LedgerAccountRow) -> LedgerAccount:
    return LedgerAccount(AccountKind(row.kind), currency(row.currency), row.owner)
