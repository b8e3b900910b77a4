"""The tables of jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra.tables import Base, Instant, Json
from modelyard.kernel import JobId


class State(StrEnum):
    """Where a job stands. A retry is `ready` again, later."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELED = "canceled"


class JobRow(Base):
    """One piece of work. `tries` counts claims, and fences off a worker whose lease was lost."""

    __tablename__ = "job"

    id: Mapped[JobId] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    run_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(Integer)
    max_tries: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('ready', 'running', 'done', 'dead', 'canceled')", name="state"),
        Index("ix_job_state_run_at", "state", "run_at"),
        Index(
            "uq_job_waiting",
            "kind",
            "unique_key",
            unique=True,
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
    )


class ScheduleRow(Base):
    """One recurring task: when it is due next. The handlers say what it is."""

    __tablename__ = "job_schedule"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    every_us: Mapped[int] = mapped_column(BigInteger)
    next_at: Mapped[datetime] = mapped_column(Instant)
