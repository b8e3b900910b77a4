"""The tables of the room: repositories, git objects, refs, the history index, LFS possession, downloads.

A pool holds the git objects of a repository (later also of its forks). `hub_line` and `hub_commit` index history by
first parents: a commit continues its parent's line or starts one that remembers where it forked, so "the ancestors of
this commit" is a few ranges of (line, generation), and the ancestor of any generation is a single row.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from modelyard.hub.rules.objects import Oid
from modelyard.infra import Base, Instant, Json

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


class OidColumn(TypeDecorator[Oid]):
    """A git object id: 40 hexadecimal digits outside, 20 bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Oid | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn digits into bytes."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Oid | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn bytes into digits."""
        return None if value is None else Oid(bytes(value).hex())


class PoolRow(Base):
    """A set of git objects; `next_seq` numbers them as they arrive, `next_line` the lines of history."""

    __tablename__ = "hub_pool"

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True)
    next_seq: Mapped[int] = mapped_column(BigInteger)
    next_line: Mapped[int] = mapped_column(Integer)


class RepositoryRow(Base):
    """A repository; `name_key` is empty once it was deleted, so that its name is free and its id stays known.

    `modified_at`, `used_bytes` and the columns from `card` on describe the default branch.
    """

    __tablename__ = "hub_repository"
    __table_args__ = (
        CheckConstraint("kind IN ('model', 'dataset', 'space')", name="kind"),
        CheckConstraint("visibility IN ('public', 'private')", name="visibility"),
        UniqueConstraint("kind", "name_key"),
        Index("ix_hub_repository_modified_at", "kind", "modified_at"),
        Index("ix_hub_repository_downloads", "kind", "downloads"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    namespace: Mapped[str] = mapped_column(String(96))
    name: Mapped[str] = mapped_column(String(96))
    name_key: Mapped[str | None] = mapped_column(String(200))
    owner_id: Mapped[str] = mapped_column(String(40), ForeignKey("account.id"), index=True)
    visibility: Mapped[str] = mapped_column(String(8))
    pool: Mapped[int] = mapped_column(BigInteger, ForeignKey("hub_pool.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    modified_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    downloads: Mapped[int] = mapped_column(BigInteger)
    likes: Mapped[int] = mapped_column(Integer)
    used_bytes: Mapped[int] = mapped_column(BigInteger)
    card: Mapped[Any] = mapped_column(Json)
    tags: Mapped[Any] = mapped_column(Json)
    pipeline_tag: Mapped[str | None] = mapped_column(String(128))
    library_name: Mapped[str | None] = mapped_column(String(128))


class RepositoryTagRow(Base):
    """One word that a filter may ask for."""

    __tablename__ = "hub_repository_tag"

    repository_id: Mapped[str] = mapped_column(String(40), ForeignKey("hub_repository.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(160), primary_key=True, index=True)


class ObjectRow(Base):
    """A git object; `data` is its zlib stream as packs hold it, empty where the bytes lie in the blob store (`sha256`).

    `notes` of a tree are described in `rules.trees`. `size` counts the bytes before compression.
    """

    __tablename__ = "hub_object"
    __table_args__ = (Index("ix_hub_object_seq", "pool", "seq"),)

    pool: Mapped[int] = mapped_column(BigInteger, ForeignKey("hub_pool.id"), primary_key=True)
    oid: Mapped[Oid] = mapped_column(OidColumn, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    notes: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(BigInteger)


class RefRow(Base):
    """A branch, tag or other ref by its full name; `oid` may be an annotated tag, `commit_oid` is what it leads to."""

    __tablename__ = "hub_ref"

    repository_id: Mapped[str] = mapped_column(String(40), ForeignKey("hub_repository.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    oid: Mapped[Oid] = mapped_column(OidColumn)
    commit_oid: Mapped[Oid] = mapped_column(OidColumn)
    moved_at: Mapped[datetime] = mapped_column(Instant)


class LineRow(Base):
    """A line of first parents; it forked from `parent_line` above generation `forked_at`."""

    __tablename__ = "hub_line"

    pool: Mapped[int] = mapped_column(BigInteger, ForeignKey("hub_pool.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parent_line: Mapped[int | None] = mapped_column(Integer)
    forked_at: Mapped[int] = mapped_column(Integer)


class CommitRow(Base):
    """A commit that a ref has reached; `generation` counts first parents, the first commit being 1."""

    __tablename__ = "hub_commit"
    __table_args__ = (UniqueConstraint("pool", "line", "generation"),)

    pool: Mapped[int] = mapped_column(BigInteger, ForeignKey("hub_pool.id"), primary_key=True)
    oid: Mapped[Oid] = mapped_column(OidColumn, primary_key=True)
    line: Mapped[int] = mapped_column(Integer)
    generation: Mapped[int] = mapped_column(Integer)
    parent: Mapped[Oid | None] = mapped_column(OidColumn)
    tree: Mapped[Oid] = mapped_column(OidColumn)
    size: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(String(40), ForeignKey("account.id"))
    author_name: Mapped[str] = mapped_column(String(200))
    committed_at: Mapped[datetime] = mapped_column(Instant)


class ChangeRow(Base):
    """That a commit changed a path; staged before the commit lands, so only rows whose commit exists count."""

    __tablename__ = "hub_change"

    pool: Mapped[int] = mapped_column(BigInteger, ForeignKey("hub_pool.id"), primary_key=True)
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    generation: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    commit_oid: Mapped[Oid] = mapped_column(OidColumn, primary_key=True)


class LfsRow(Base):
    """That the bytes of an LFS object were proven to a repository; `committed_at` says since when a commit names it."""

    __tablename__ = "hub_lfs"

    repository_id: Mapped[str] = mapped_column(String(40), ForeignKey("hub_repository.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[str | None] = mapped_column(String(40), ForeignKey("account.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)
    committed_at: Mapped[datetime | None] = mapped_column(Instant)


class DownloadRow(Base):
    """Downloads of one repository on one day (days since 1970 in UTC)."""

    __tablename__ = "hub_download"

    repository_id: Mapped[str] = mapped_column(String(40), ForeignKey("hub_repository.id"), primary_key=True)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
