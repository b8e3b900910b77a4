"""The epoch: one number that grows with every change that takes a right away, or changes a price or a deployment.

The gateway works from a snapshot and holds money only if the epoch is still the snapshot's own, so a revoked key or
a changed price bites on the very next request, in every process. A snapshot keeps only what lets a request through, so
what only widens rights (a new token, a new member, a repository made public) leaves the epoch alone: it would make
every snapshot stale to no end, and whoever may do it at will could keep the gateway from ever having a fresh one.
"""

from sqlalchemy import BigInteger, CheckConstraint, Integer, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from modelyard.infra.tables import Base
from modelyard.infra.writer import Statements

EPOCH_SQL = "SELECT value FROM epoch WHERE id = 1"
_HOLD_STILL = {True: EPOCH_SQL, False: f"{EPOCH_SQL} FOR SHARE"}


class EpochRow(Base):
    """The single row."""

    __tablename__ = "epoch"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


def bump(session: Session) -> None:
    """Make every snapshot stale once this transaction commits."""
    session.execute(update(EpochRow).where(EpochRow.id == 1).values(value=EpochRow.value + 1))


def hold_still(statements: Statements) -> int:
    """Return the epoch and keep it where it is until the transaction of these statements ends.

    On SQLite the write lock that the transaction has is enough; on PostgreSQL its row is locked against a bump.
    """
    row = statements.one(_HOLD_STILL[statements.sqlite])
    return int(row[0]) if row else 0


def current(session: Session) -> int:
    """Return the epoch of this session's snapshot."""
    return session.execute(select(EpochRow.value).where(EpochRow.id == 1)).scalar_one()
