"""Create and delete branches and tags."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Actor, Subject
from modelyard.hub import store
from modelyard.hub.content import as_object
from modelyard.hub.errors import MainBranchKept, RefExists, RevisionNotFound
from modelyard.hub.rules import refs
from modelyard.hub.rules.names import RepoPath
from modelyard.hub.rules.objects import ObjectType, Signature, encode_tag
from modelyard.hub.service import sight
from modelyard.hub.values import Ref, Repository
from modelyard.kernel import Clock


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be made at a revision; a message makes it an annotated one."""

    name: str
    revision: str
    message: str = ""


def create_branch(
    session: Session, *, actor: Actor, path: RepoPath, name: str, start: str = refs.DEFAULT_BRANCH, clock: Clock
) -> Ref:
    """Create a branch at a revision; raises RefNameMalformed, RefExists or RevisionNotFound."""
    repository = sight.see_for_change(session, actor=actor, path=path)
    commit = sight.resolve(session, repository, start).commit
    ref = Ref(refs.BRANCHES + refs.check_ref_name(name), commit.oid, commit.oid)
    return _create(session, repository, ref, actor=actor, clock=clock)


def create_tag(session: Session, *, actor: Actor, path: RepoPath, tag: NewTag, clock: Clock) -> Ref:
    """Create a tag at a revision, annotated if there is a message; raises as `create_branch`."""
    repository = sight.see_for_change(session, actor=actor, path=path)
    commit = sight.resolve(session, repository, tag.revision).commit
    refs.check_ref_name(tag.name)
    oid = commit.oid
    if tag.message:
        tagger = Signature(actor.name or "anonymous", f"{actor.name}@users.noreply", clock.now())
        annotated = as_object(ObjectType.TAG, encode_tag(commit.oid, tag.name, tagger, tag.message))
        store.objects.add(session, repository.pool, [annotated])
        oid = annotated.oid
    return _create(session, repository, Ref(refs.TAGS + tag.name, oid, commit.oid), actor=actor, clock=clock)


def _create(session: Session, repository: Repository, ref: Ref, *, actor: Actor, clock: Clock) -> Ref:
    if not store.refs.create(session, repository.id, ref, clock.now()):
        raise RefExists(ref=refs.short(ref.name), repo=str(repository.path), field="name")
    _record(session, repository, "ref.created", ref.name, actor=actor, clock=clock)
    return ref


def delete_branch(session: Session, *, actor: Actor, path: RepoPath, name: str, clock: Clock) -> None:
    """Delete a branch other than the default one; its commits stay until they are collected."""
    if name == refs.DEFAULT_BRANCH:
        raise MainBranchKept(branch=name)
    _delete(session, actor=actor, path=path, prefix=refs.BRANCHES, name=name, clock=clock)


def delete_tag(session: Session, *, actor: Actor, path: RepoPath, name: str, clock: Clock) -> None:
    """Delete a tag."""
    _delete(session, actor=actor, path=path, prefix=refs.TAGS, name=name, clock=clock)


def _delete(session: Session, *, actor: Actor, path: RepoPath, prefix: str, name: str, clock: Clock) -> None:
    repository = sight.see_for_change(session, actor=actor, path=path)
    if not sight.storable(name) or not store.refs.remove(session, repository.id, prefix + name):
        raise RevisionNotFound(revision=sight.shown(name), repo=str(repository.path))
    _record(session, repository, "ref.deleted", prefix + name, actor=actor, clock=clock)


def _record(session: Session, repository: Repository, act: str, ref: str, *, actor: Actor, clock: Clock) -> None:
    subject = Subject(repository.id, repository.owner)
    accounts.record(session, actor=actor, act=act, subject=subject, clock=clock, data={"ref": ref})
