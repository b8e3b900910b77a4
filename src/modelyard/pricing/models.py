"""The table of prices."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra import Base, Instant


class PriceVersionRow(Base):
    """One version of one product's price; triggers refuse to change or delete it."""

    __tablename__ = "price_version"
    __table_args__ = (
        UniqueConstraint("product", "number"),
        CheckConstraint("prompt_atoms >= 0 AND completion_atoms >= 0", name="not_negative"),
        CheckConstraint("platform_share_bp BETWEEN 0 AND 10000", name="share"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str]
    number: Mapped[int]
    seller: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    prompt_atoms: Mapped[int] = mapped_column(BigInteger)
    completion_atoms: Mapped[int] = mapped_column(BigInteger)
    platform_share_bp: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str]
