"""Which large files a repository may name: those whose bytes were proven to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from modelyard.hub.models import LfsRow, RepositoryRow
from modelyard.hub.rules.pointers import Lfs
from modelyard.hub.store.insertion import insert_new
from modelyard.hub.values import Visibility
from modelyard.kernel import AccountId, RepoId

_IDS_A_QUERY = 400


def held(session: Session, repository: RepoId, sha256s: Sequence[str]) -> dict[str, Lfs]:
    """Return those of the objects that the repository holds."""
    found: dict[str, Lfs] = {}
    for start in range(0, len(sha256s), _IDS_A_QUERY):
        query = select(LfsRow.sha256, LfsRow.size).where(
            LfsRow.repository_id == repository, LfsRow.sha256.in_(sha256s[start : start + _IDS_A_QUERY])
        )
        found.update({sha256: Lfs(sha256, size) for sha256, size in session.execute(query)})
    return found


def readable(session: Session, sha256s: Sequence[str], owners: Sequence[AccountId] | None) -> dict[str, Lfs]:
    """Return those of the objects that a commit names in a repository open to all or owned by one of these accounts.

    `owners` None stands for everybody's, for administrators of the server.
    """
    found: dict[str, Lfs] = {}
    for start in range(0, len(sha256s), _IDS_A_QUERY):
        query = (
            select(LfsRow.sha256, LfsRow.size)
            .join(RepositoryRow, RepositoryRow.id == LfsRow.repository_id)
            .where(LfsRow.sha256.in_(sha256s[start : start + _IDS_A_QUERY]), LfsRow.committed_at.is_not(None))
            .where(RepositoryRow.deleted_at.is_(None), *_visible(owners))
        )
        found.update({sha256: Lfs(sha256, size) for sha256, size in session.execute(query)})
    return found


def _visible(owners: Sequence[AccountId] | None) -> list[ColumnElement[bool]]:
    if owners is None:
        return []
    public = RepositoryRow.visibility == Visibility.PUBLIC.value
    return [or_(public, RepositoryRow.owner_id.in_(owners))]


def add(session: Session, repository: RepoId, lfs: Lfs, *, by: AccountId | None, at: datetime) -> None:
    """Note that the bytes of an object were proven to the repository; harmless when they were before."""
    row = {"repository_id": repository, "sha256": lfs.sha256, "size": lfs.size, "added_by": by, "added_at": at}
    session.execute(insert_new(session, LfsRow).values(row))


def mark_committed(session: Session, repository: RepoId, sha256s: Sequence[str], at: datetime) -> None:
    """Note that a commit names these objects."""
    for start in range(0, len(sha256s), _IDS_A_QUERY):
        session.execute(
            update(LfsRow)
            .where(LfsRow.repository_id == repository, LfsRow.committed_at.is_(None))
            .where(LfsRow.sha256.in_(sha256s[start : start + _IDS_A_QUERY]))
            .values(committed_at=at)
        )
