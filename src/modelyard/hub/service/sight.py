"""What an actor sees: repositories, revisions and entries, or the same absence for all that it may not."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Actor, Role, Scope
from modelyard.hub import store
from modelyard.hub.errors import EntryNotFound, RepoNotFound, RevisionNotFound
from modelyard.hub.rules import refs
from modelyard.hub.rules.names import RepoPath
from modelyard.hub.rules.objects import Oid
from modelyard.hub.rules.trees import Entry, Mode
from modelyard.hub.values import Repository, Revision
from modelyard.kernel import AccountId


def see(session: Session, *, actor: Actor, path: RepoPath) -> Repository:
    """Return a repository that the actor may read; raises RepoNotFound, whether it is absent or hidden."""
    found = store.repositories.find(session, path) if storable(path.key) else None
    if found is None or not may_read(session, actor, found):
        raise RepoNotFound(repo=shown(str(path)))
    return found


def may_read(session: Session, actor: Actor, repository: Repository) -> bool:
    """Tell whether the actor may read a repository."""
    return not repository.private or accounts.allow(session, actor, repository.owner, Role.READ)


def see_for_change(session: Session, *, actor: Actor, path: RepoPath, role: Role = Role.WRITE) -> Repository:
    """Return a repository that the actor may change; raises RepoNotFound, SignInRequired or Forbidden."""
    found = see(session, actor=actor, path=path)
    accounts.require(session, actor, found.owner, role)
    return found


def readable_owners(session: Session, actor: Actor) -> Sequence[AccountId] | None:
    """Return the accounts whose hidden things the actor may read; None means everybody's."""
    if Scope.READ not in actor.scopes:
        return ()
    if actor.admin:
        return None
    if actor.account is None:
        return ()
    return (actor.account, *(member.account.id for member in accounts.memberships(session, actor.account)))


def resolve(session: Session, repository: Repository, name: str) -> Revision:
    """Return what a branch, tag or commit id stands for; raises RevisionNotFound."""
    ref = store.refs.first_of(session, repository.id, refs.candidates(name)) if storable(name) else None
    oid = ref.commit if ref else Oid(name) if refs.is_full_oid(name) else None
    commit = store.history.get(session, repository.pool, oid) if oid else None
    if commit is None:
        raise RevisionNotFound(revision=shown(name), repo=str(repository.path))
    return Revision(repository, name, commit)


def entry_at(reader: store.objects.TreeReader, revision: Revision, path: str) -> Entry:
    """Return what stands at a path, the whole tree for an empty one; raises EntryNotFound."""
    if not path:
        return Entry("", Mode.FOLDER, revision.commit.tree, revision.commit.size)
    entry = reader.find(revision.commit.tree, path) if storable(path) else None
    if entry is None:
        raise absent(revision, path)
    return entry


def absent(revision: Revision, path: str) -> EntryNotFound:
    """Return the error for a path that a revision does not have."""
    repo = str(revision.repository.path)
    return EntryNotFound(path=shown(path), revision=shown(revision.name), repo=repo, commit=revision.commit.oid)


def storable(text: str) -> bool:
    """Tell whether a database could hold the text at all; what it could not hold is not there."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def shown(text: str) -> str:
    """Return what a caller asked for, fit to stand in an error."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")[:200]
