"""Large files: which must be uploaded, and the proof of their bytes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from modelyard.accounts import Actor
from modelyard.hub import store
from modelyard.hub.errors import RepoNotFound
from modelyard.hub.rules.pointers import Lfs
from modelyard.hub.service import sight
from modelyard.hub.values import Repository
from modelyard.kernel import AccountId, Clock, RepoId


def held(session: Session, repository: Repository, wanted: Sequence[Lfs]) -> frozenset[str]:
    """Return the SHA-256 of those objects that were proven to the repository and have the size that is said."""
    known = store.lfs.held(session, repository.id, [lfs.sha256 for lfs in wanted])
    return frozenset(lfs.sha256 for lfs in wanted if known.get(lfs.sha256) == lfs)


def readable(session: Session, *, actor: Actor, repository: Repository, wanted: Sequence[Lfs]) -> frozenset[str]:
    """Return those that need no upload: held here, or named by a commit of a repository that the actor may read.

    Anything else must be uploaded, even if another repository holds it: to know a hash is not to have the file.
    """
    here = held(session, repository, wanted)
    rest = [lfs.sha256 for lfs in wanted if lfs.sha256 not in here]
    elsewhere = store.lfs.readable(session, rest, sight.readable_owners(session, actor)) if rest else {}
    return here | {lfs.sha256 for lfs in wanted if elsewhere.get(lfs.sha256) == lfs}


def prove(session: Session, *, by: AccountId | None, repository: RepoId, lfs: Lfs, clock: Clock) -> None:
    """Note that an object's bytes were received for a repository and hashed; the caller has stored them durably.

    Raises RepoNotFound if the repository was deleted meanwhile.
    """
    if store.repositories.by_id(session, repository) is None:
        raise RepoNotFound(repo=repository)
    store.lfs.add(session, repository, lfs, by=by, at=clock.now())


def holds(session: Session, repository: RepoId, lfs: Lfs) -> bool:
    """Tell whether the bytes of an object were proven to a repository that still exists."""
    known = store.lfs.held(session, repository, [lfs.sha256])
    return known.get(lfs.sha256) == lfs and store.repositories.by_id(session, repository) is not None
