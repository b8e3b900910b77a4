"""Branches, tags and other refs; a branch moves by compare-and-swap."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from modelyard.hub.models import RefRow
from modelyard.hub.rules.objects import Oid
from modelyard.hub.store.insertion import insert_new
from modelyard.hub.values import Ref
from modelyard.kernel import RepoId


def first_of(session: Session, repository: RepoId, names: Sequence[str]) -> Ref | None:
    """Return the first of these refs that exists."""
    query = select(RefRow).where(RefRow.repository_id == repository, RefRow.name.in_(names))
    found = {row.name: Ref(row.name, row.oid, row.commit_oid) for row in session.scalars(query)}
    return next((found[name] for name in names if name in found), None)


def all_of(session: Session, repository: RepoId) -> list[Ref]:
    """Return every ref by name."""
    rows = session.scalars(select(RefRow).where(RefRow.repository_id == repository).order_by(RefRow.name))
    return [Ref(row.name, row.oid, row.commit_oid) for row in rows]


def create(session: Session, repository: RepoId, ref: Ref, at: datetime) -> bool:
    """Create a ref; tell whether its name was free."""
    row = {"repository_id": repository, "name": ref.name, "oid": ref.oid, "commit_oid": ref.commit, "moved_at": at}
    added = insert_new(session, RefRow).values(row).returning(RefRow.name)
    return session.execute(added).one_or_none() is not None


def move(session: Session, repository: RepoId, name: str, *, old: Oid, new: Oid, at: datetime) -> bool:
    """Move a branch from one commit to another; tell whether it still stood on the old one."""
    swap = (
        update(RefRow)
        .where(RefRow.repository_id == repository, RefRow.name == name, RefRow.oid == old)
        .values(oid=new, commit_oid=new, moved_at=at)
    )
    return session.execute(swap.returning(RefRow.name)).one_or_none() is not None


def remove(session: Session, repository: RepoId, name: str) -> bool:
    """Delete a ref; tell whether there was one."""
    gone = delete(RefRow).where(RefRow.repository_id == repository, RefRow.name == name).returning(RefRow.name)
    return session.execute(gone).one_or_none() is not None


def remove_all(session: Session, repository: RepoId) -> None:
    """Delete every ref of a repository."""
    session.execute(delete(RefRow).where(RefRow.repository_id == repository))
