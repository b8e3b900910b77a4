"""Users, organizations, members, invitations, tokens, sessions, one-time links, throttle and audit."""

import sqlalchemy as sa
from alembic import op

from modelyard.infra import Instant, Json
from modelyard.infra.migrations.append_only import forbid_change

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROLES = "role IN ('read', 'write', 'admin', 'owner')"


def upgrade() -> None:
    """Create the tables of `accounts`."""
    _people()
    _invitations()
    _secrets()
    _links()
    _audit()


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(96), nullable=False),
        sa.Column("name_key", sa.String(96), nullable=False),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("kind IN ('user', 'organization')", name="kind"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name_key", name="uq_account_name_key"),
    )
    op.create_table(
        "account_user",
        sa.Column("account_id", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("email_key", sa.String(254)),
        sa.Column("admin", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("suspended_at", Instant),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_user_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_user"),
        sa.UniqueConstraint("email_key", name="uq_account_user_email_key"),
    )
    op.create_table(
        "membership",
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.CheckConstraint(_ROLES, name="role"),
        sa.ForeignKeyConstraint(["organization_id"], ["account.id"], name="fk_membership_organization_id"),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_membership_user_id"),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name="pk_membership"),
    )
    op.create_index("ix_membership_user_id", "membership", ["user_id"])


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("invitee_id", sa.String(40)),
        sa.Column("email", sa.String(254)),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("invited_by", sa.String(40)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.CheckConstraint(_ROLES, name="role"),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'revoked')", name="state"),
        sa.ForeignKeyConstraint(["organization_id"], ["account.id"], name="fk_invitation_organization_id"),
        sa.ForeignKeyConstraint(["invitee_id"], ["account.id"], name="fk_invitation_invitee_id"),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name="fk_invitation_invited_by"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("secret_hash", name="uq_invitation_secret_hash"),
    )
    op.create_index("ix_invitation_organization_id", "invitation", ["organization_id"])
    op.create_index("ix_invitation_invitee_id", "invitation", ["invitee_id"])


def _secrets() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(40), nullable=False),
        sa.Column("parent_id", sa.String(40)),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(8), nullable=False),
        sa.Column("last", sa.String(8), nullable=False),
        sa.Column("scopes", sa.String(40), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("revoked_at", Instant),
        sa.Column("last_used_day", sa.Integer),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_access_token_account_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["access_token.id"], name="fk_access_token_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_access_token"),
        sa.UniqueConstraint("secret_hash", name="uq_access_token_secret_hash"),
    )
    op.create_index("ix_access_token_account_id", "access_token", ["account_id"])
    op.create_index("ix_access_token_parent_id", "access_token", ["parent_id"])
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(40), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_web_session_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("secret_hash", name="uq_web_session_secret_hash"),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"])


def _links() -> None:
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("account_id", sa.String(40)),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.CheckConstraint("purpose IN ('first_admin', 'reset')", name="purpose"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_one_time_link_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_link"),
        sa.UniqueConstraint("secret_hash", name="uq_one_time_link_secret_hash"),
    )
    op.create_index("ix_one_time_link_account_id", "one_time_link", ["account_id"])
    op.create_table(
        "sign_in_bucket",
        sa.Column("bucket", sa.String(64), nullable=False),
        sa.Column("full_until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_sign_in_bucket"),
    )
    op.create_index("ix_sign_in_bucket_full_until", "sign_in_bucket", ["full_until"])


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor_id", sa.String(40)),
        sa.Column("actor_name", sa.String(96), nullable=False),
        sa.Column("token_id", sa.String(40)),
        sa.Column("act", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("data", Json, nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entry_owner_seq", "audit_entry", ["owner", "seq"])
    op.create_index("ix_audit_entry_subject_seq", "audit_entry", ["subject", "seq"])
    forbid_change("audit_entry")
