"""The tables of the room: accounts, members, invitations, tokens, sessions, one-time links, throttle, audit."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from modelyard.infra import Base, Instant, Json

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


class AccountRow(Base):
    """A name in the shared namespace; `name_key` is the form in which names are compared."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("kind IN ('user', 'organization')", name="kind"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(96))
    name_key: Mapped[str] = mapped_column(String(96), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)


class UserRow(Base):
    """What only a person has; `password_hash` is empty until a password was chosen."""

    __tablename__ = "account_user"

    account_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    admin: Mapped[bool] = mapped_column(Boolean, server_default=false())
    password_hash: Mapped[str | None] = mapped_column(Text)
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)


class MembershipRow(Base):
    """One user's role in one organization."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("role IN ('read', 'write', 'admin', 'owner')", name="role"),)

    organization_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime] = mapped_column(Instant)


class InvitationRow(Base):
    """An offer of a role, to a named user or to whoever holds the link; `state` leaves `open` once."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("role IN ('read', 'write', 'admin', 'owner')", name="role"),
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'revoked')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(8))
    invitee_id: Mapped[str | None] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str | None] = mapped_column(String(40), ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class TokenRow(Base):
    """An access token by its hash; `scopes` are words in order, `last_used_day` counts days since 1970."""

    __tablename__ = "access_token"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(String(40), ForeignKey("access_token.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(8))
    last: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_day: Mapped[int | None] = mapped_column(Integer)


class SessionRow(Base):
    """A signed-in browser; the row goes when the person signs out."""

    __tablename__ = "web_session"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class LinkRow(Base):
    """A link that works once: to create the first administrator, or to choose a new password."""

    __tablename__ = "one_time_link"
    __table_args__ = (CheckConstraint("purpose IN ('first_admin', 'reset')", name="purpose"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[str | None] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class BucketRow(Base):
    """How full a throttle bucket is; `bucket` is a digest, since people type passwords where names belong."""

    __tablename__ = "sign_in_bucket"

    bucket: Mapped[str] = mapped_column(String(64), primary_key=True)
    full_until: Mapped[datetime] = mapped_column(Instant, index=True)


class AuditRow(Base):
    """Who did what to which thing, and when; rows are only ever added, triggers see to it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_owner_seq", "owner", "seq"),
        Index("ix_audit_entry_subject_seq", "subject", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[str | None] = mapped_column(String(40))
    actor_name: Mapped[str] = mapped_column(String(96))
    token_id: Mapped[str | None] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str | None] = mapped_column(String(40))
    data: Mapped[object] = mapped_column(Json)
    request_id: Mapped[str | None] = mapped_column(String(64))
