"""Deployments and the stages that they came to."""

import sqlalchemy as sa
from alembic import op

from modelyard.infra import Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PRESENT = sa.text("desired <> 'deleted'")


def upgrade() -> None:
    """Create the tables of serving."""
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("repo", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("path", sa.String(1024), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("context", sa.Integer, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("default_output", sa.Integer, nullable=False),
        sa.Column("max_output", sa.Integer, nullable=False),
        sa.Column("idle_stop", sa.Integer, nullable=False),
        sa.Column("desired", sa.String(8), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint("desired IN ('running', 'stopped', 'deleted')", name="desired"),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
    )
    op.create_index(
        "uq_deployment_name",
        "deployment",
        ["name_key"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index("ix_deployment_owner", "deployment", ["owner"])
    op.create_table(
        "deployment_stage",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("deployment", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("during", sa.String(12)),
        sa.Column("code", sa.String(40)),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name="fk_deployment_stage_deployment"),
        sa.PrimaryKeyConstraint("seq", name="pk_deployment_stage"),
    )
    op.create_index("ix_deployment_stage_deployment", "deployment_stage", ["deployment", "seq"])
