"""The tables of serving."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra import Base, Instant, Json

_PRESENT = text("desired <> 'deleted'")


class DeploymentRow(Base):
    """One published file that is served under a name; deleted ones stay, because usage events point at them."""

    __tablename__ = "deployment"
    __table_args__ = (
        CheckConstraint("desired IN ('running', 'stopped', 'deleted')", name="desired"),
        Index("uq_deployment_name", "name_key", unique=True, sqlite_where=_PRESENT, postgresql_where=_PRESENT),
        Index("ix_deployment_owner", "owner"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    repo: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    revision: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(1024))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    engine: Mapped[str] = mapped_column(String(32))
    context: Mapped[int] = mapped_column(Integer)
    slots: Mapped[int] = mapped_column(Integer)
    default_output: Mapped[int] = mapped_column(Integer)
    max_output: Mapped[int] = mapped_column(Integer)
    idle_stop: Mapped[int] = mapped_column(Integer)
    desired: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class StageRow(Base):
    """A deployment came to a stage; a failure says in which stage, with its code and the data of its sentence."""

    __tablename__ = "deployment_stage"
    __table_args__ = (Index("ix_deployment_stage_deployment", "deployment", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    deployment: Mapped[str] = mapped_column(String(40), ForeignKey("deployment.id"))
    stage: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    during: Mapped[str | None] = mapped_column(String(12))
    code: Mapped[str | None] = mapped_column(String(40))
    data: Mapped[Any] = mapped_column(Json)
