"""The tables of the books."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra import Base, Instant

_WHOLE = "typeof(posted_atoms) = 'integer' AND typeof(held_atoms) = 'integer'"


class LedgerAccountRow(Base):
    """An account of the chart; append-only."""

    __tablename__ = "ledger_account"
    __table_args__ = (UniqueConstraint("kind", "owner", "currency"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    opened_at: Mapped[datetime] = mapped_column(Instant)


class LedgerTxnRow(Base):
    """A booked transaction, the seal over its entries; append-only."""

    __tablename__ = "ledger_txn"
    __table_args__ = (UniqueConstraint("source", "key"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    key: Mapped[str]
    payload_hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str]
    booked_at: Mapped[datetime] = mapped_column(Instant)
    reverses: Mapped[str | None] = mapped_column(ForeignKey("ledger_txn.id"))


class LedgerEntryRow(Base):
    """One side of a transaction: debit positive, credit negative; append-only."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount_atoms <> 0", name="not_zero"),
        Index("ix_ledger_entry_account_booked_at", "account", "booked_at"),
        {"sqlite_with_rowid": False},
    )

    txn: Mapped[str] = mapped_column(
        ForeignKey("ledger_txn.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_atoms: Mapped[int] = mapped_column(BigInteger)
    booked_at: Mapped[datetime] = mapped_column(Instant)


class WalletRow(Base):
    """A customer's prepaid credit in one currency: the mirror of its entries and of its open holds."""

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("held_atoms >= 0 AND posted_atoms >= held_atoms", name="covers_holds"),
        CheckConstraint(_WHOLE, name="whole").ddl_if(dialect="sqlite"),
        {"sqlite_with_rowid": False},
    )

    account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    posted_atoms: Mapped[int] = mapped_column(BigInteger)
    held_atoms: Mapped[int] = mapped_column(BigInteger)
