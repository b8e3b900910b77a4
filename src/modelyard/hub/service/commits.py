"""Commits: operations are collected and staged as they come, then one short transaction moves the branch.

A commit spans several transactions on purpose: its objects are content-addressed and may be stored long before, in
batches that hold the database's write lock for some milliseconds each, and nothing sees them until the last one lands.
So these verbs open their own units of work; everywhere else that is the edge's task.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard.accounts import Actor
from modelyard.hub import store
from modelyard.hub.content import as_blob, as_object
from modelyard.hub.errors import BranchMoved, CommitTooLarge, FileTooLarge, LfsObjectAbsent, LfsSizeWrong
from modelyard.hub.rules import refs
from modelyard.hub.rules.attributes import MAX_REGULAR_BYTES, check_attributes
from modelyard.hub.rules.cards import CARD_PATH, Card, parse_card
from modelyard.hub.rules.changes import Change, DeleteFile, DeleteFolder, Draft, Missing, Outcome, Put
from modelyard.hub.rules.names import RepoPath
from modelyard.hub.rules.objects import ObjectType, Oid
from modelyard.hub.rules.paths import check_path
from modelyard.hub.rules.pointers import Lfs, parse_pointer
from modelyard.hub.rules.trees import Entry, Mode
from modelyard.hub.service import landing, sight
from modelyard.hub.service.landing import Message, Plan
from modelyard.hub.values import Commit, GitObject, Repository, Revision
from modelyard.infra import Infra

MAX_OPERATIONS = 50_000
_BATCH_OBJECTS = 256
_BATCH_BYTES = 1024 * 1024
_OPTIMISTIC_TRIES = 4
_UNKNOWN = Oid("0" * 40)


class CommitDraft:
    """A commit in the making; made by `open_draft`, used by one thread at a time, ended by `land`."""

    def __init__(self, infra: Infra, *, actor: Actor, base: Revision, branch: str) -> None:
        self._infra = infra
        self._actor = actor
        self._branch = branch
        self._base = base
        self._changes: list[Change] = []
        self._large: list[_Large] = []
        self._waiting: dict[Oid, GitObject] = {}
        self._waiting_bytes = 0
        self._unnoted: list[str] = []
        self._card: Card | None = None

    def add_file(self, path: str, content: bytes) -> None:
        """Put a regular file; an LFS pointer counts as the large file that it names.

        Raises PathRefused, FileTooLarge, AttributesRefused, and CardInvalid for a README.md.
        """
        check_path(path)
        if len(content) > MAX_REGULAR_BYTES:
            raise FileTooLarge(path=path, most=MAX_REGULAR_BYTES, field="content")
        pointer = parse_pointer(content)
        if pointer is not None:
            self.add_large(path, pointer.sha256, pointer.size)
            return
        check_attributes(path, content)
        if path == CARD_PATH:
            self._card = parse_card(content)
        item = as_blob(content, self._infra.blobs)
        self._change(Put(path, Entry(path, Mode.FILE, item.oid, len(content))))
        self._keep(item)

    def add_large(self, path: str, sha256: str, size: int | None = None) -> None:
        """Put a large file whose bytes were uploaded to this repository; without a size, the one that is known."""
        check_path(path)
        self._large.append(_Large(path, sha256, size))
        self._change(Put(path, Entry(path, Mode.FILE, _UNKNOWN, size or 0, sha256)))
        if path == CARD_PATH:
            self._card = Card()

    def delete_file(self, path: str) -> None:
        """Remove a file."""
        self._change(DeleteFile(path))

    def delete_folder(self, path: str) -> None:
        """Remove a folder and all below it; `/` or nothing is the whole tree."""
        self._change(DeleteFolder(path.strip("/")))

    def land(self, message: Message) -> Commit:
        """Make the commit and return it; a commit that changes nothing returns the branch's tip.

        Other commits that land in between are built upon, unless the message names its parent. Raises BranchMoved,
        EntryNotFound, PathConflict, LfsObjectAbsent, LfsSizeWrong, RepoNotFound; nothing is visible after a raise.
        """
        for _ in range(_OPTIMISTIC_TRIES):
            with self._infra.db.reader() as session:
                plan = self._plan(session, message)
            if plan is None:
                return self._base.commit
            self._stage(plan)
            if landed := self._finish(plan):
                return landed
        return self._land_alone(message)

    def _change(self, change: Change) -> None:
        if len(self._changes) >= MAX_OPERATIONS:
            raise CommitTooLarge(most=MAX_OPERATIONS, unit="operations")
        self._changes.append(change)

    def _keep(self, item: GitObject) -> None:
        self._waiting[item.oid] = item
        self._waiting_bytes += len(item.data or b"")
        if len(self._waiting) >= _BATCH_OBJECTS or self._waiting_bytes >= _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        items = list(self._waiting.values())
        for start in range(0, len(items), _BATCH_OBJECTS):
            with self._infra.db.unit() as session:
                store.objects.add(session, self._repository.pool, items[start : start + _BATCH_OBJECTS])
        self._waiting.clear()
        self._waiting_bytes = 0

    @property
    def _repository(self) -> Repository:
        return self._base.repository

    def _plan(self, session: Session, message: Message) -> Plan | None:
        """Read the branch and work out the commit on top of it; None if it would change nothing."""
        self._base = _tip(session, actor=self._actor, path=self._repository.path, branch=self._branch)
        parent = self._base.commit
        if message.parent and not parent.oid.startswith(message.parent.lower()):
            raise BranchMoved(branch=refs.short(self._branch), parent=message.parent[:40], field="parentCommit")
        large = self._resolve_large(session)
        reader = store.objects.TreeReader(session, self._repository.pool)
        outcome = self._apply(Draft(parent.tree, reader.entries), large)
        if outcome.root == parent.tree:
            return None
        commit, objects = landing.draw_up(parent, outcome, message=message, actor=self._actor, clock=self._infra.clock)
        card = (self._card or Card()) if CARD_PATH in outcome.changed else None
        return Plan(self._branch, parent, commit, outcome, objects, tuple(large.values()), card)

    def _resolve_large(self, session: Session) -> dict[str, Lfs]:
        """Return the large files that the commit names, by SHA-256; all must have been proven where the actor reads."""
        wanted = list(dict.fromkeys(large.sha256 for large in self._large))
        known = store.lfs.held(session, self._repository.id, wanted)
        rest = [sha256 for sha256 in wanted if sha256 not in known]
        if rest:
            known |= store.lfs.readable(session, rest, sight.readable_owners(session, self._actor))
        for large in self._large:
            large.check(known.get(large.sha256))
        return known

    def _apply(self, draft: Draft, large: dict[str, Lfs]) -> Outcome:
        pointers = {sha256: as_object(ObjectType.BLOB, lfs.pointer()) for sha256, lfs in large.items()}
        self._waiting.update({pointer.oid: pointer for pointer in pointers.values()})
        changes = [_resolved(change, large, pointers) for change in self._changes]
        try:
            return draft.apply(changes)
        except Missing as missing:
            raise sight.absent(self._base, missing.path) from None

    def _stage(self, plan: Plan) -> None:
        """Store what is too much for the last transaction, in short ones."""
        self._waiting.update({item.oid: item for item in plan.objects})
        self._waiting_bytes = sum(len(item.data or b"") for item in self._waiting.values())
        self._unnoted = sorted(plan.outcome.changed)
        if len(self._waiting) + len(self._unnoted) <= _BATCH_OBJECTS and self._waiting_bytes <= _BATCH_BYTES:
            return
        self._flush()
        for start in range(0, len(self._unnoted), _BATCH_OBJECTS):
            some = self._unnoted[start : start + _BATCH_OBJECTS]
            with self._infra.db.unit() as session:
                store.history.add_changes(session, self._repository.pool, plan.commit.oid, plan.commit.generation, some)
        self._unnoted = []

    def _finish(self, plan: Plan) -> Commit | None:
        try:
            with self._infra.db.unit() as session:
                return self._write(session, plan)
        except _Moved:
            return None

    def _write(self, session: Session, plan: Plan) -> Commit:
        sight.see_for_change(session, actor=self._actor, path=self._repository.path)
        store.objects.add(session, self._repository.pool, [*self._waiting.values(), plan.objects[-1]])
        landed = landing.land(
            session,
            repository=self._repository,
            plan=plan,
            paths=self._unnoted,
            actor=self._actor,
            clock=self._infra.clock,
        )
        if landed is None:
            raise _Moved
        return landed

    def _land_alone(self, message: Message) -> Commit:
        """Plan and land while the pool is held: nobody can come in between any more."""
        with self._infra.db.unit() as session:
            store.objects.hold(session, self._repository.pool)
            plan = self._plan(session, message)
            if plan is None:
                return self._base.commit
            self._waiting.update({item.oid: item for item in plan.objects})
            self._unnoted = sorted(plan.outcome.changed)
            return self._write(session, plan)


class _Moved(Exception):
    """The branch moved between plan and swap."""


@dataclass(frozen=True, slots=True)
class _Large:
    path: str
    sha256: str
    size: int | None

    def check(self, known: Lfs | None) -> None:
        if known is None:
            raise LfsObjectAbsent(oid=self.sha256, path=self.path, field="oid")
        if self.size is not None and self.size != known.size:
            raise LfsSizeWrong(path=self.path, said=self.size, size=known.size, field="size")


def _resolved(change: Change, large: dict[str, Lfs], pointers: dict[str, GitObject]) -> Change:
    """Return the change with the pointer and size of the large file that it names, if it does."""
    if not isinstance(change, Put) or change.entry.lfs is None:
        return change
    sha256 = change.entry.lfs
    return Put(change.path, change.entry._replace(oid=pointers[sha256].oid, size=large[sha256].size))


def open_draft(infra: Infra, *, actor: Actor, path: RepoPath, revision: str) -> CommitDraft:
    """Begin a commit on a branch; raises RepoNotFound, SignInRequired, Forbidden or RevisionNotFound."""
    branch = revision if revision.startswith(refs.BRANCHES) else refs.BRANCHES + revision
    with infra.db.reader() as session:
        base = _tip(session, actor=actor, path=path, branch=branch)
    return CommitDraft(infra, actor=actor, base=base, branch=branch)


def _tip(session: Session, *, actor: Actor, path: RepoPath, branch: str) -> Revision:
    repository = sight.see_for_change(session, actor=actor, path=path)
    return sight.resolve(session, repository, branch)
