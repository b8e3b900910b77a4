"""Commits, the lines that they stand on, and which commit last changed a path."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from modelyard.hub.models import ChangeRow, CommitRow, LineRow, PoolRow
from modelyard.hub.rules.objects import Oid
from modelyard.hub.store.insertion import insert_new
from modelyard.hub.values import Commit
from modelyard.kernel import AccountId

_PATHS_A_QUERY = 400
_MAX_FORKS = 1000


def get(session: Session, pool: int, oid: Oid) -> Commit | None:
    """Return a commit that a ref has reached."""
    row = session.get(CommitRow, (pool, oid))
    return None if row is None else _value(row)


def many(session: Session, pool: int, oids: Sequence[Oid]) -> dict[Oid, Commit]:
    """Return several commits by id."""
    rows = session.scalars(select(CommitRow).where(CommitRow.pool == pool, CommitRow.oid.in_(oids)))
    return {row.oid: _value(row) for row in rows}


def _value(row: CommitRow) -> Commit:
    return Commit(
        oid=row.oid,
        parent=row.parent,
        tree=row.tree,
        line=row.line,
        generation=row.generation,
        size=row.size,
        title=row.title,
        message=row.message,
        author=row.author_name,
        at=row.committed_at,
    )


def place(session: Session, pool: int, parent: Commit | None) -> tuple[int, int]:
    """Return line and generation of a commit on top of this parent; the caller holds the pool."""
    if parent is not None and not _taken(session, pool, parent.line, parent.generation + 1):
        return parent.line, parent.generation + 1
    take = update(PoolRow).where(PoolRow.id == pool).values(next_line=PoolRow.next_line + 1)
    line = session.execute(take.returning(PoolRow.next_line)).scalar_one() - 1
    above = (parent.line, parent.generation) if parent else (None, 0)
    session.execute(insert(LineRow).values(pool=pool, line=line, parent_line=above[0], forked_at=above[1]))
    return line, above[1] + 1


def _taken(session: Session, pool: int, line: int, generation: int) -> bool:
    there = exists().where(CommitRow.pool == pool, CommitRow.line == line, CommitRow.generation == generation)
    return bool(session.scalar(select(there)))


def add(session: Session, pool: int, commit: Commit, author: AccountId | None) -> None:
    """Add a commit, which from now on counts as reached."""
    session.execute(
        insert(CommitRow).values(
            pool=pool,
            oid=commit.oid,
            line=commit.line,
            generation=commit.generation,
            parent=commit.parent,
            tree=commit.tree,
            size=commit.size,
            title=commit.title,
            message=commit.message,
            author_id=author,
            author_name=commit.author,
            committed_at=commit.at,
        )
    )


def add_changes(session: Session, pool: int, oid: Oid, generation: int, paths: Sequence[str]) -> None:
    """Note the paths that a commit changes; harmless if the commit never lands."""
    if paths:
        rows = [{"pool": pool, "path": path, "generation": generation, "commit_oid": oid} for path in paths]
        session.execute(insert_new(session, ChangeRow), rows)


def log(session: Session, pool: int, tip: Commit, *, below: int | None, limit: int) -> list[Commit]:
    """Return a commit and its first-parent ancestors, the latest first, of generations less than `below`."""
    query = select(CommitRow).where(CommitRow.pool == pool, _ancestors(session, pool, tip))
    if below is not None:
        query = query.where(CommitRow.generation < below)
    return [_value(row) for row in session.scalars(query.order_by(CommitRow.generation.desc()).limit(limit))]


def _ancestors(session: Session, pool: int, tip: Commit) -> ColumnElement[bool]:
    """Return the condition that a commit is the tip or one of its first-parent ancestors."""
    ranges: list[ColumnElement[bool]] = []
    line: int | None = tip.line
    upto = tip.generation
    while line is not None and len(ranges) < _MAX_FORKS:
        ranges.append(and_(CommitRow.line == line, CommitRow.generation <= upto))
        row = session.get(LineRow, (pool, line))
        line, upto = (row.parent_line, row.forked_at) if row else (None, 0)
    return or_(*ranges)


def last_changes(session: Session, pool: int, tip: Commit, paths: Sequence[str]) -> dict[str, Commit]:
    """Return for each path the latest ancestor of the tip (or itself) that changed it."""
    reached = _ancestors(session, pool, tip)
    latest: dict[str, int] = {}
    for start in range(0, len(paths), _PATHS_A_QUERY):
        query = (
            select(ChangeRow.path, func.max(ChangeRow.generation))
            .join(CommitRow, and_(CommitRow.pool == ChangeRow.pool, CommitRow.oid == ChangeRow.commit_oid))
            .where(ChangeRow.pool == pool, ChangeRow.path.in_(paths[start : start + _PATHS_A_QUERY]), reached)
            .group_by(ChangeRow.path)
        )
        latest.update((path, generation) for path, generation in session.execute(query))
    wanted = CommitRow.generation.in_(set(latest.values()))  # first parents: one ancestor for each generation
    rows = session.scalars(select(CommitRow).where(CommitRow.pool == pool, reached, wanted))
    commits = {row.generation: _value(row) for row in rows}
    return {path: commits[generation] for path, generation in latest.items()}
