"""Repositories, git objects, refs, the history index, LFS possession and downloads."""

import sqlalchemy as sa
from alembic import op

from modelyard.infra import Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables of `hub`."""
    _pool()
    _repository()
    _objects()
    _refs()
    _history()
    _use()


def _pool() -> None:
    op.create_table(
        "hub_pool",
        sa.Column("id", _SEQUENCE, nullable=False),
        sa.Column("next_seq", sa.BigInteger, nullable=False),
        sa.Column("next_line", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hub_pool"),
    )


def _of_pool(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["pool"], ["hub_pool.id"], name=f"fk_{table}_pool")


def _of_repository(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["repository_id"], ["hub_repository.id"], name=f"fk_{table}_repository_id")


def _repository() -> None:
    op.create_table(
        "hub_repository",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("namespace", sa.String(96), nullable=False),
        sa.Column("name", sa.String(96), nullable=False),
        sa.Column("name_key", sa.String(200)),
        sa.Column("owner_id", sa.String(40), nullable=False),
        sa.Column("visibility", sa.String(8), nullable=False),
        sa.Column("pool", sa.BigInteger, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("modified_at", Instant, nullable=False),
        sa.Column("deleted_at", Instant),
        sa.Column("downloads", sa.BigInteger, nullable=False),
        sa.Column("likes", sa.Integer, nullable=False),
        sa.Column("used_bytes", sa.BigInteger, nullable=False),
        sa.Column("card", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("pipeline_tag", sa.String(128)),
        sa.Column("library_name", sa.String(128)),
        sa.CheckConstraint("kind IN ('model', 'dataset', 'space')", name="kind"),
        sa.CheckConstraint("visibility IN ('public', 'private')", name="visibility"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_hub_repository_owner_id"),
        _of_pool("hub_repository"),
        sa.PrimaryKeyConstraint("id", name="pk_hub_repository"),
        sa.UniqueConstraint("kind", "name_key", name="uq_hub_repository_kind_name_key"),
    )
    op.create_index("ix_hub_repository_owner_id", "hub_repository", ["owner_id"])
    op.create_index("ix_hub_repository_modified_at", "hub_repository", ["kind", "modified_at"])
    op.create_index("ix_hub_repository_downloads", "hub_repository", ["kind", "downloads"])
    op.create_table(
        "hub_repository_tag",
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("tag", sa.String(160), nullable=False),
        _of_repository("hub_repository_tag"),
        sa.PrimaryKeyConstraint("repository_id", "tag", name="pk_hub_repository_tag"),
    )
    op.create_index("ix_hub_repository_tag_tag", "hub_repository_tag", ["tag"])


def _objects() -> None:
    op.create_table(
        "hub_object",
        sa.Column("pool", sa.BigInteger, nullable=False),
        sa.Column("oid", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary),
        sa.Column("notes", sa.LargeBinary),
        sa.Column("sha256", sa.String(64)),
        sa.Column("seq", sa.BigInteger, nullable=False),
        _of_pool("hub_object"),
        sa.PrimaryKeyConstraint("pool", "oid", name="pk_hub_object"),
    )
    op.create_index("ix_hub_object_seq", "hub_object", ["pool", "seq"])


def _refs() -> None:
    op.create_table(
        "hub_ref",
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("oid", sa.LargeBinary, nullable=False),
        sa.Column("commit_oid", sa.LargeBinary, nullable=False),
        sa.Column("moved_at", Instant, nullable=False),
        _of_repository("hub_ref"),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_hub_ref"),
    )


def _history() -> None:
    op.create_table(
        "hub_line",
        sa.Column("pool", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("parent_line", sa.Integer),
        sa.Column("forked_at", sa.Integer, nullable=False),
        _of_pool("hub_line"),
        sa.PrimaryKeyConstraint("pool", "line", name="pk_hub_line"),
    )
    op.create_table(
        "hub_commit",
        sa.Column("pool", sa.BigInteger, nullable=False),
        sa.Column("oid", sa.LargeBinary, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("parent", sa.LargeBinary),
        sa.Column("tree", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("author_id", sa.String(40)),
        sa.Column("author_name", sa.String(200), nullable=False),
        sa.Column("committed_at", Instant, nullable=False),
        _of_pool("hub_commit"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_hub_commit_author_id"),
        sa.PrimaryKeyConstraint("pool", "oid", name="pk_hub_commit"),
        sa.UniqueConstraint("pool", "line", "generation", name="uq_hub_commit_pool_line_generation"),
    )
    op.create_table(
        "hub_change",
        sa.Column("pool", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("commit_oid", sa.LargeBinary, nullable=False),
        _of_pool("hub_change"),
        sa.PrimaryKeyConstraint("pool", "path", "generation", "commit_oid", name="pk_hub_change"),
    )


def _use() -> None:
    op.create_table(
        "hub_lfs",
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.String(40)),
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("committed_at", Instant),
        _of_repository("hub_lfs"),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name="fk_hub_lfs_added_by"),
        sa.PrimaryKeyConstraint("repository_id", "sha256", name="pk_hub_lfs"),
    )
    op.create_index("ix_hub_lfs_sha256", "hub_lfs", ["sha256"])
    op.create_table(
        "hub_download",
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        _of_repository("hub_download"),
        sa.PrimaryKeyConstraint("repository_id", "day", name="pk_hub_download"),
    )
