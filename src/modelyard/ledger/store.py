"""Every query of the books that reads through a session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from modelyard.kernel import AccountId, Currency, LedgerTxnId, Money, Period, currency
from modelyard.ledger.chart import AccountKind, LedgerAccount
from modelyard.ledger.drafts import Entry
from modelyard.ledger.models import LedgerAccountRow, LedgerEntryRow, LedgerTxnRow, WalletRow
from modelyard.ledger.wallets import Balance


@dataclass(frozen=True, slots=True)
class Flow:
    """What one kind of transaction added to an account; debits are positive."""

    kind: str
    atoms: int
    count: int


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry on an account, with the words of its transaction; debits are positive."""

    txn: LedgerTxnId
    kind: str
    booked_at: datetime
    atoms: int


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


def flows(session: Session, account: str, period: Period) -> list[Flow]:
    """Return what was booked on an account in a period, summed for each kind of transaction."""
    query = (
        select(LedgerTxnRow.kind, func.sum(LedgerEntryRow.amount_atoms), func.count())
        .join(LedgerTxnRow, LedgerTxnRow.id == LedgerEntryRow.txn)
        .where(_booked(account, period))
        .group_by(LedgerTxnRow.kind)
        .order_by(LedgerTxnRow.kind)
    )
    return [Flow(kind, int(atoms), count) for kind, atoms, count in session.execute(query)]


def bookings(session: Session, account: str, period: Period, *, besides: str) -> list[Booking]:
    """Return the bookings on an account in a period in their order, without those of one kind."""
    query = (
        select(LedgerTxnRow, LedgerEntryRow.amount_atoms)
        .join(LedgerEntryRow, LedgerEntryRow.txn == LedgerTxnRow.id)
        .where(_booked(account, period), LedgerTxnRow.kind != besides)
        .order_by(LedgerTxnRow.booked_at, LedgerTxnRow.id)
    )
    return [Booking(LedgerTxnId(txn.id), txn.kind, txn.booked_at, atoms) for txn, atoms in session.execute(query)]


def currencies(session: Session, kind: AccountKind, owner: AccountId) -> list[Currency]:
    """Return the currencies in which an owner has an account of this kind, by code."""
    query = select(LedgerAccountRow.currency).where(LedgerAccountRow.kind == kind, LedgerAccountRow.owner == owner)
    return [currency(code) for code in session.scalars(query.order_by(LedgerAccountRow.currency))]


def wallets(session: Session, account: AccountId) -> list[Balance]:
    """Return all wallets of an account, by currency."""
    query = select(WalletRow).where(WalletRow.account == account).order_by(WalletRow.currency)
    rows = ((row, currency(row.currency)) for row in session.scalars(query))
    return [Balance(Money(row.posted_atoms, of), Money(row.held_atoms, of)) for row, of in rows]


def lock_accounts(session: Session, accounts: Iterable[str]) -> None:
    """Keep others from locking these accounts until this transaction ends; entries may still be written on them."""
    mine = select(LedgerAccountRow.id).where(LedgerAccountRow.id.in_(list(accounts))).order_by(LedgerAccountRow.id)
    session.execute(mine.with_for_update(key_share=True)).all()


def lock_wallet(session: Session, account: AccountId, of: Currency) -> None:
    """Keep a wallet as it is until this transaction ends."""
    mine = select(WalletRow.account).where(WalletRow.account == account, WalletRow.currency == of.code)
    session.execute(mine.with_for_update()).all()


def set_posted(session: Session, account: AccountId, of: Currency, atoms: int) -> None:
    """Overwrite what a wallet says is posted."""
    same = (WalletRow.account == account, WalletRow.currency == of.code)
    session.execute(update(WalletRow).where(*same).values(posted_atoms=atoms))


def _booked(account: str, period: Period) -> ColumnElement[bool]:
    return and_(
        LedgerEntryRow.account == account,
        LedgerEntryRow.booked_at >= period.start,
        LedgerEntryRow.booked_at < period.end,
    )


def _account(row: LedgerAccountRow) -> LedgerAccount:
    return LedgerAccount(AccountKind(row.kind), currency(row.currency), row.owner)
