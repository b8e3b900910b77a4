"""Repositories: by name, by id, and lists with filters."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from modelyard.hub.models import RepositoryRow, RepositoryTagRow
from modelyard.hub.rules.names import RepoKind, RepoPath
from modelyard.hub.store.insertion import insert_new
from modelyard.hub.values import Repository, Visibility
from modelyard.infra import from_micros, to_micros
from modelyard.kernel import AccountId, Page, RepoId


class Order(StrEnum):
    """What a list is sorted by, the greatest first."""

    MODIFIED = "modified"
    CREATED = "created"
    DOWNLOADS = "downloads"
    LIKES = "likes"


_COLUMNS: dict[Order, InstrumentedAttribute[datetime] | InstrumentedAttribute[int]] = {
    Order.MODIFIED: RepositoryRow.modified_at,
    Order.CREATED: RepositoryRow.created_at,
    Order.DOWNLOADS: RepositoryRow.downloads,
    Order.LIKES: RepositoryRow.likes,
}
_IN_TIME = (Order.MODIFIED, Order.CREATED)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list should hold: every given condition counts; `search` looks in full names."""

    kind: RepoKind | None = None
    author: str | None = None
    search: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    order: Order = Order.MODIFIED
    after: str | None = None
    limit: int = 50


def find(session: Session, path: RepoPath) -> Repository | None:
    """Return the repository of a kind and name, whatever the name's case."""
    query = select(RepositoryRow).where(RepositoryRow.kind == path.kind.value, RepositoryRow.name_key == path.key)
    row = session.scalars(query).one_or_none()
    return None if row is None else _value(row)


def by_id(session: Session, repository: RepoId) -> Repository | None:
    """Return a repository that was not deleted by its id."""
    row = session.get(RepositoryRow, repository, populate_existing=True)
    return None if row is None or row.deleted_at else _value(row)


def _value(row: RepositoryRow) -> Repository:
    return Repository(
        id=RepoId(row.id),
        path=RepoPath(RepoKind(row.kind), row.namespace, row.name),
        owner=AccountId(row.owner_id),
        visibility=Visibility(row.visibility),
        pool=row.pool,
        created_at=row.created_at,
        modified_at=row.modified_at,
        downloads=row.downloads,
        likes=row.likes,
        used_bytes=row.used_bytes,
        card=row.card,
        tags=tuple(row.tags),
        pipeline_tag=row.pipeline_tag,
        library_name=row.library_name,
    )


def add(session: Session, repository: Repository) -> bool:
    """Add a repository; tell whether its name was free."""
    row: dict[str, object] = {
        "id": repository.id,
        "kind": repository.path.kind.value,
        "namespace": repository.path.namespace,
        "name": repository.path.name,
        "name_key": repository.path.key,
        "owner_id": repository.owner,
        "visibility": repository.visibility.value,
        "pool": repository.pool,
        "created_at": repository.created_at,
        "modified_at": repository.modified_at,
        "downloads": 0,
        "likes": 0,
        "used_bytes": 0,
        "card": {},
        "tags": [],
    }
    added = insert_new(session, RepositoryRow).values(row).returning(RepositoryRow.id)
    return session.execute(added).one_or_none() is not None


def set_visibility(session: Session, repository: RepoId, visibility: Visibility) -> None:
    """Show a repository to everybody, or hide it."""
    _set(session, repository, {"visibility": visibility.value})


def mark_deleted(session: Session, repository: RepoId, at: datetime) -> None:
    """Free the name; the row stays, since receipts and deployments know its id."""
    _set(session, repository, {"name_key": None, "deleted_at": at})
    session.execute(delete(RepositoryTagRow).where(RepositoryTagRow.repository_id == repository))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a commit on the default branch makes known of its repository."""

    modified_at: datetime
    used_bytes: int
    card: object
    tags: tuple[str, ...]
    search_tags: frozenset[str]
    pipeline_tag: str | None
    library_name: str | None


def touch(session: Session, repository: RepoId, modified_at: datetime, used_bytes: int) -> None:
    """Note a commit that left the card as it was."""
    _set(session, repository, {"modified_at": modified_at, "used_bytes": used_bytes})


def summarize(session: Session, repository: RepoId, summary: Summary) -> None:
    """Note a commit that changed the card."""
    values = {
        "modified_at": summary.modified_at,
        "used_bytes": summary.used_bytes,
        "card": summary.card,
        "tags": list(summary.tags),
        "pipeline_tag": summary.pipeline_tag,
        "library_name": summary.library_name,
    }
    _set(session, repository, values)
    session.execute(delete(RepositoryTagRow).where(RepositoryTagRow.repository_id == repository))
    if summary.search_tags:
        rows = [{"repository_id": repository, "tag": tag} for tag in sorted(summary.search_tags)]
        session.execute(insert(RepositoryTagRow), rows)


def _set(session: Session, repository: RepoId, values: dict[str, object]) -> None:
    session.execute(update(RepositoryRow).where(RepositoryRow.id == repository).values(values))


def search(session: Session, query: Query, owners: Sequence[AccountId] | None) -> Page[Repository]:
    """List what is open to all or owned by one of these accounts (None: everything), in the query's order."""
    column = _COLUMNS[query.order]
    wanted = _filtered(query).where(*_visible(owners))
    if query.after is not None:
        mark = _cursor_value(query)
        if mark is None:
            return Page(())
        place = tuple_(literal(mark[0], column.type), literal(mark[1]))
        wanted = wanted.where(tuple_(column, RepositoryRow.id) < place)
    rows = session.scalars(wanted.order_by(column.desc(), RepositoryRow.id.desc()).limit(query.limit + 1)).all()
    found = [_value(row) for row in rows[: query.limit]]
    return Page(found, _cursor(found[-1], query.order) if len(rows) > query.limit else None)


def count_tags(
    session: Session, query: Query, owners: Sequence[AccountId] | None, prefixes: Sequence[str]
) -> list[tuple[str, int]]:
    """Count the tags with one of these prefixes among what a query finds, the commonest first."""
    found = _filtered(query).where(*_visible(owners)).with_only_columns(RepositoryRow.id)
    counted = func.count().label("count")
    tags = (
        select(RepositoryTagRow.tag, counted)
        .where(RepositoryTagRow.repository_id.in_(found))
        .where(or_(*(RepositoryTagRow.tag.startswith(prefix, autoescape=True) for prefix in prefixes)))
        .group_by(RepositoryTagRow.tag)
        .order_by(counted.desc(), RepositoryTagRow.tag)
    )
    return [(tag, count) for tag, count in session.execute(tags)]


def _filtered(query: Query) -> Select[RepositoryRow]:
    wanted = select(RepositoryRow).where(RepositoryRow.deleted_at.is_(None))
    if query.kind is not None:
        wanted = wanted.where(RepositoryRow.kind == query.kind.value)
    if query.author is not None:
        wanted = wanted.where(RepositoryRow.name_key.startswith(query.author.lower() + "/", autoescape=True))
    if query.pipeline_tag is not None:
        wanted = wanted.where(RepositoryRow.pipeline_tag == query.pipeline_tag)
    for text in query.search:
        wanted = wanted.where(RepositoryRow.name_key.contains(text.lower(), autoescape=True))
    for tag in query.tags:
        tagged = exists().where(RepositoryTagRow.repository_id == RepositoryRow.id, RepositoryTagRow.tag == tag)
        wanted = wanted.where(tagged)
    return wanted


def _visible(owners: Sequence[AccountId] | None) -> list[ColumnElement[bool]]:
    if owners is None:
        return []
    return [or_(RepositoryRow.visibility == Visibility.PUBLIC.value, RepositoryRow.owner_id.in_(owners))]


def _cursor(last: Repository, order: Order) -> str:
    values = {Order.DOWNLOADS: last.downloads, Order.LIKES: last.likes}
    times = {Order.MODIFIED: last.modified_at, Order.CREATED: last.created_at}
    value = to_micros(times[order]) if order in _IN_TIME else values[order]
    return base64.urlsafe_b64encode(json.dumps([value, last.id]).encode()).decode().rstrip("=")


def _cursor_value(query: Query) -> tuple[datetime | int, str] | None:
    text = query.after or ""
    try:
        value, identity = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        number = int(value)
        return (from_micros(number) if query.order in _IN_TIME else number), str(identity)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        return None
