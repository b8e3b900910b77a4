"""Create, delete, show and hide repositories; list them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Account, AccountNotFound, Actor, Role, Subject
from modelyard.hub import store
from modelyard.hub.content import as_object
from modelyard.hub.errors import ConfirmationWrong, RepoExists, RepoNotFound
from modelyard.hub.events import RepoCreated, RepoDeleted, RepoVisibilityChanged
from modelyard.hub.rules import refs
from modelyard.hub.rules.attributes import ATTRIBUTES, DEFAULT_ATTRIBUTES
from modelyard.hub.rules.cards import Card
from modelyard.hub.rules.changes import Draft, Put
from modelyard.hub.rules.names import RepoPath, check_new_name
from modelyard.hub.rules.objects import ObjectType
from modelyard.hub.rules.trees import EMPTY, Entry, Mode
from modelyard.hub.service import landing, sight
from modelyard.hub.service.landing import Message, Plan
from modelyard.hub.store.repositories import Query
from modelyard.hub.values import Repository, Visibility
from modelyard.infra import epoch, mint, outbox
from modelyard.kernel import Clock, Page, RepoId

MAX_PAGE = 1000


def create_repository(
    session: Session, *, actor: Actor, path: RepoPath, visibility: Visibility = Visibility.PUBLIC, clock: Clock
) -> Repository:
    """Create a repository with one commit, which holds the rules for large files.

    Raises RepoNameMalformed, AccountNotFound, SignInRequired, Forbidden, or RepoExists.
    """
    owner = _namespace(session, actor, path.namespace)
    accounts.require(session, actor, owner.id, Role.WRITE)
    path = RepoPath(path.kind, owner.name, check_new_name(path.name))
    if store.repositories.find(session, path) is not None:
        raise RepoExists(repo=str(path), field="name")
    repository = Repository(
        id=RepoId(mint("repo", clock)),
        path=path,
        owner=owner.id,
        visibility=visibility,
        pool=store.objects.new_pool(session),
        created_at=clock.now(),
        modified_at=clock.now(),
    )
    if not store.repositories.add(session, repository):
        raise RepoExists(repo=str(path), field="name")
    _first_commit(session, repository, actor, clock)
    subject = Subject(repository.id, owner.id)
    data = {"repo": path.address, "visibility": visibility.value}
    accounts.record(session, actor=actor, act="repo.created", subject=subject, clock=clock, data=data)
    outbox.announce(session, RepoCreated(repository.id))
    return _again(session, repository)


def _namespace(session: Session, actor: Actor, name: str) -> Account:
    """Return the account of a namespace; a visitor learns nothing of which exist."""
    accounts.require_user(actor)
    if not accounts.name_well_formed(name):
        raise AccountNotFound(name=sight.shown(name), field="namespace")
    try:
        return accounts.find_account(session, name)
    except AccountNotFound:
        raise AccountNotFound(name=name[:100], field="namespace") from None


def _first_commit(session: Session, repository: Repository, actor: Actor, clock: Clock) -> None:
    attributes = as_object(ObjectType.BLOB, DEFAULT_ATTRIBUTES.encode())
    entry = Entry(ATTRIBUTES, Mode.FILE, attributes.oid, attributes.size)
    outcome = Draft(EMPTY.oid, lambda _: ()).apply([Put(ATTRIBUTES, entry)])
    commit, objects = landing.draw_up(None, outcome, message=Message("initial commit"), actor=actor, clock=clock)
    plan = Plan(refs.BRANCHES + refs.DEFAULT_BRANCH, None, commit, outcome, objects, card=Card())
    store.objects.add(session, repository.pool, [attributes, *objects])
    paths = sorted(outcome.changed)
    landing.land(session, repository=repository, plan=plan, paths=paths, actor=actor, clock=clock)


def set_visibility(
    session: Session, *, actor: Actor, path: RepoPath, visibility: Visibility, clock: Clock
) -> Repository:
    """Show a repository to everybody, or hide it; needs the role admin."""
    repository = sight.see_for_change(session, actor=actor, path=path, role=Role.ADMIN)
    if repository.visibility is visibility:
        return repository
    store.repositories.set_visibility(session, repository.id, visibility)
    subject = Subject(repository.id, repository.owner)
    data = {"visibility": visibility.value}
    accounts.record(session, actor=actor, act="repo.visibility_changed", subject=subject, clock=clock, data=data)
    outbox.announce(session, RepoVisibilityChanged(repository.id, visibility.value))
    if visibility is not Visibility.PUBLIC:
        epoch.bump(session)
    return _again(session, repository)


def _again(session: Session, repository: Repository) -> Repository:
    found = store.repositories.by_id(session, repository.id)
    if found is None:
        raise RepoNotFound(repo=str(repository.path))
    return found


def delete_repository(
    session: Session, *, actor: Actor, path: RepoPath, clock: Clock, confirmation: str | None = None
) -> None:
    """Delete a repository: its name is free at once, its content is collected later; needs the role admin.

    `confirmation`, if it is given, must be the full name, as people type it.
    """
    repository = sight.see_for_change(session, actor=actor, path=path, role=Role.ADMIN)
    if confirmation is not None and confirmation.strip() != str(repository.path):
        raise ConfirmationWrong(repo=str(repository.path), field="confirmation")
    store.refs.remove_all(session, repository.id)
    store.repositories.mark_deleted(session, repository.id, clock.now())
    subject = Subject(repository.id, repository.owner)
    data = {"repo": repository.path.address}
    accounts.record(session, actor=actor, act="repo.deleted", subject=subject, clock=clock, data=data)
    outbox.announce(session, RepoDeleted(repository.id))
    epoch.bump(session)


def list_repositories(session: Session, *, actor: Actor, query: Query) -> Page[Repository]:
    """List the repositories that the actor may see, in the query's order."""
    if not _askable(query):
        return Page(())
    return store.repositories.search(session, query, sight.readable_owners(session, actor))


def _askable(query: Query) -> bool:
    """Tell whether a database could be asked this; what it could not hold is not there."""
    texts = (*query.search, *query.tags, query.author or "", query.pipeline_tag or "", query.after or "")
    return all(map(sight.storable, texts))


def facets(session: Session, *, actor: Actor, query: Query, names: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """Count, for each of these filters (`license`, `task`, ...), its values among what a query finds."""
    prefixes = [f"{name}:" for name in names]
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    if not _askable(query):
        return found
    owners = sight.readable_owners(session, actor)
    for tag, count in store.repositories.count_tags(session, query, owners, prefixes):
        name, _, value = tag.partition(":")
        found[name].append((value, count))
    return found


def repository_by_id(session: Session, *, actor: Actor, repository: RepoId) -> Repository:
    """Return a repository by its id, for rooms that keep the id; raises RepoNotFound as a name would."""
    found = store.repositories.by_id(session, repository)
    if found is None or not sight.may_read(session, actor, found):
        raise RepoNotFound(repo=repository[:100])
    return found
