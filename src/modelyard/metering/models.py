"""The tables of metering."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra import Base, Instant

_OPEN = text("state = 'open'")


class HoldRow(Base):
    """The hold of one request; a trigger refuses to change it once it is resolved."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("bound_atoms >= 0", name="not_negative"),
        CheckConstraint("state IN ('open', 'settled', 'voided', 'expired')", name="state"),
        Index("ix_hold_open", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        {"sqlite_with_rowid": False},
    )

    request: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    seller: Mapped[str]
    product: Mapped[str]
    token: Mapped[str | None]
    price: Mapped[str | None] = mapped_column(ForeignKey("price_version.id"))
    currency: Mapped[str | None] = mapped_column(String(3))
    bound_prompt: Mapped[int] = mapped_column(BigInteger)
    bound_completion: Mapped[int] = mapped_column(BigInteger)
    bound_atoms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    process: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    checkpoint_prompt: Mapped[int | None] = mapped_column(BigInteger)
    checkpoint_completion: Mapped[int | None] = mapped_column(BigInteger)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)


class UsageEventRow(Base):
    """What one request used, the audit row of it; append-only, and unique by (source, id) for ever."""

    __tablename__ = "usage_event"
    __table_args__ = (
        CheckConstraint("id <> ''", name="named"),
        CheckConstraint("prompt_tokens >= 0 AND completion_tokens >= 0", name="counts"),
        CheckConstraint("0 <= charged_atoms AND charged_atoms <= rated_atoms", name="charged"),
        CheckConstraint("0 <= platform_atoms AND platform_atoms <= charged_atoms", name="shared"),
        Index("ix_usage_event_account_occurred_at", "account", "occurred_at"),
        Index("ix_usage_event_seller_occurred_at", "seller", "occurred_at"),
        {"sqlite_with_rowid": False},
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    seller: Mapped[str]
    product: Mapped[str]
    token: Mapped[str | None]
    price: Mapped[str | None] = mapped_column(ForeignKey("price_version.id"))
    currency: Mapped[str | None] = mapped_column(String(3))
    prompt_tokens: Mapped[int] = mapped_column(BigInteger)
    completion_tokens: Mapped[int] = mapped_column(BigInteger)
    rated_atoms: Mapped[int] = mapped_column(BigInteger)
    charged_atoms: Mapped[int] = mapped_column(BigInteger)
    platform_atoms: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    estimated: Mapped[bool]
    payload_hash: Mapped[str] = mapped_column(String(64))


class ProcessLeaseRow(Base):
    """A process that may have holds open; it beats while it lives, and leaves when it stops."""

    __tablename__ = "process_lease"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)
