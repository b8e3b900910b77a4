"""The epoch, jobs and the outbox."""

import sqlalchemy as sa
from alembic import op

from modelyard.infra.tables import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of `infra`."""
    _epoch()
    _jobs()
    _outbox()


def _epoch() -> None:
    epoch = op.create_table(
        "epoch",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
        sa.PrimaryKeyConstraint("id", name="pk_epoch"),
    )
    op.bulk_insert(epoch, [{"id": 1, "value": 1}])


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("lease_until", Instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("max_tries", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("unique_key", sa.String(200)),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.CheckConstraint("state IN ('ready', 'running', 'done', 'dead', 'canceled')", name="state"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_state_run_at", "job", ["state", "run_at"])
    waiting = sa.text("state = 'ready'")
    op.create_index(
        "uq_job_waiting", "job", ["kind", "unique_key"], unique=True, sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "job_schedule",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("every_us", sa.BigInteger, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_schedule"),
    )


def _outbox() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "outbox_event",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("sorted_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_event_sorted_at_id", "outbox_event", ["sorted_at", "id"])
    op.create_table(
        "outbox_delivery",
        sa.Column("consumer", sa.String(100), nullable=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("finished_at", Instant),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dead')", name="state"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_event.id"], name="fk_outbox_delivery_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="pk_outbox_delivery"),
    )
    op.create_index(
        "ix_outbox_delivery_state_consumer_subject_event_id",
        "outbox_delivery",
        ["state", "consumer", "subject", "event_id"],
    )
    op.create_index("ix_outbox_delivery_event_id", "outbox_delivery", ["event_id"])
