"""The tables of the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra.tables import Base, Instant, Json


class EventRow(Base):
    """One event. `sorted_at` is set when its deliveries were made out."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_sorted_at_id", "sorted_at", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    sorted_at: Mapped[datetime | None] = mapped_column(Instant)


class DeliveryRow(Base):
    """One event on its way to one consumer: waiting, done or dead."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'dead')", name="state"),
        Index("ix_outbox_delivery_state_consumer_subject_event_id", "state", "consumer", "subject", "event_id"),
        Index("ix_outbox_delivery_event_id", "event_id"),
    )

    consumer: Mapped[str] = mapped_column(String(100), primary_key=True)
    event_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("outbox_event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    subject: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(Integer)
    run_at: Mapped[datetime] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
