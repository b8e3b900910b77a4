"""The last step of a commit: everything that one transaction must do so that the commit is there, whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Actor, Subject
from modelyard.hub import store
from modelyard.hub.content import as_object
from modelyard.hub.events import CommitLanded
from modelyard.hub.rules import cards, refs
from modelyard.hub.rules.cards import Card
from modelyard.hub.rules.changes import Outcome
from modelyard.hub.rules.objects import ObjectType, Signature, encode_commit, object_id
from modelyard.hub.rules.pointers import Lfs
from modelyard.hub.store.repositories import Summary
from modelyard.hub.values import Commit, GitObject, Ref, Repository
from modelyard.infra import outbox
from modelyard.kernel import Clock

MAX_TITLE = 500
MAX_MESSAGE = 65_536


@dataclass(frozen=True, slots=True)
class Message:
    """What a commit says of itself; `parent` (hexadecimal, perhaps cut short) demands that the branch stands there."""

    title: str
    description: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A commit that is ready to land on a branch; `card` is set if it changes README.md."""

    branch: str
    parent: Commit | None
    commit: Commit
    outcome: Outcome
    objects: tuple[GitObject, ...]
    large: tuple[Lfs, ...] = ()
    card: Card | None = None


def draw_up(
    parent: Commit | None, outcome: Outcome, *, message: Message, actor: Actor, clock: Clock
) -> tuple[Commit, tuple[GitObject, ...]]:
    """Return the commit of these trees on top of a parent, and the objects that it brings, itself the last."""
    now = clock.now().replace(microsecond=0)
    title, text = _clean(message.title, MAX_TITLE) or "Update", _clean(message.description, MAX_MESSAGE)
    name = actor.name or "anonymous"
    body = encode_commit(
        outcome.root,
        [parent.oid] if parent else [],
        Signature(name, f"{name}@users.noreply", now),
        f"{title}\n\n{text}" if text else title,
    )
    commit = Commit(
        oid=object_id(ObjectType.COMMIT, body),
        parent=parent.oid if parent else None,
        tree=outcome.root,
        line=0,
        generation=parent.generation + 1 if parent else 1,
        size=outcome.size,
        title=title,
        message=text,
        author=name,
        at=now,
    )
    trees = (as_object(ObjectType.TREE, tree.body, tree.notes) for tree in outcome.trees)
    return commit, (*trees, as_object(ObjectType.COMMIT, body))


def _clean(text: str, most: int) -> str:
    return text.replace("\0", "").encode(errors="replace").decode().strip()[:most]


def land(
    session: Session, *, repository: Repository, plan: Plan, paths: Sequence[str], actor: Actor, clock: Clock
) -> Commit | None:
    """Move the branch to the plan's commit, write all that follows, and return it; None if the branch had moved.

    The plan's other objects are stored already, or added by the caller in this transaction; `paths` are those changed
    paths that were not noted yet. When this returns None the caller must roll back.
    """
    if not _swap(session, repository, plan, clock):
        return None
    landed = _enter(session, repository.pool, plan, paths, actor)
    _claim_large(session, repository, plan, actor, clock)
    if plan.branch == refs.BRANCHES + refs.DEFAULT_BRANCH:
        _describe(session, repository, plan, clock)
    data = {"ref": plan.branch, "commit": plan.commit.oid}
    subject = Subject(repository.id, repository.owner)
    accounts.record(session, actor=actor, act="commit.landed", subject=subject, clock=clock, data=data)
    outbox.announce(session, CommitLanded(repository.id, plan.branch, plan.commit.oid, actor.account))
    return landed


def _enter(session: Session, pool: int, plan: Plan, paths: Sequence[str], actor: Actor) -> Commit:
    """Enter the commit into history; two branches may come to the very same commit, which is entered once."""
    known = store.history.get(session, pool, plan.commit.oid)
    if known is not None:
        return known
    line, generation = store.history.place(session, pool, plan.parent)
    commit = replace(plan.commit, line=line)
    store.history.add_changes(session, pool, commit.oid, generation, paths)
    store.history.add(session, pool, commit, actor.account)
    return commit


def _swap(session: Session, repository: Repository, plan: Plan, clock: Clock) -> bool:
    new = plan.commit.oid
    if plan.parent is None:
        return store.refs.create(session, repository.id, Ref(plan.branch, new, new), clock.now())
    return store.refs.move(session, repository.id, plan.branch, old=plan.parent.oid, new=new, at=clock.now())


def _claim_large(session: Session, repository: Repository, plan: Plan, actor: Actor, clock: Clock) -> None:
    for lfs in plan.large:
        store.lfs.add(session, repository.id, lfs, by=actor.account, at=clock.now())
    store.lfs.mark_committed(session, repository.id, [lfs.sha256 for lfs in plan.large], clock.now())


def _describe(session: Session, repository: Repository, plan: Plan, clock: Clock) -> None:
    card = plan.card
    if card is None:
        store.repositories.touch(session, repository.id, clock.now(), plan.commit.size)
        return
    summary = Summary(
        modified_at=clock.now(),
        used_bytes=plan.commit.size,
        card=dict(card.data),
        tags=cards.tags(card),
        search_tags=cards.search_tags(card),
        pipeline_tag=_short(card.word("pipeline_tag")),
        library_name=_short(card.word("library_name")),
    )
    store.repositories.summarize(session, repository.id, summary)


def _short(word: str | None) -> str | None:
    return word if word is not None and len(word) <= cards.MAX_TAG_LENGTH else None
