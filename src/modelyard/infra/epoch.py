"""The epoch: one number that grows with every change of keys, roles, prices, deployments or visibility.

The gateway works from a snapshot and holds money only if the epoch is still the snapshot's own, so a revoked key or
a changed price bites on the very next request, in every process.
"""

from sqlalchemy import BigInteger, CheckConstraint, Integer, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from modelyard.infra.tables import Base

EPOCH_SQL = "(SELECT value FROM epoch WHERE id = 1)"


class EpochRow(Base):
    """The single row."""

    __tablename__ = "epoch"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


def bump(session: Session) -> None:
    """Make every snapshot stale once this transaction commits."""
    session.execute(update(EpochRow).where(EpochRow.id == 1).values(value=EpochRow.value + 1))


def current(session: Session) -> int:
    """Return the epoch of this session's snapshot."""
    return session.execute(select(EpochRow.value).where(EpochRow.id == 1)).scalar_one()
