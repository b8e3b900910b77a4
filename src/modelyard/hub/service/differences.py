"""What a commit changed: two trees compared, without reading what they share."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard.hub import store
from modelyard.hub.rules.objects import Oid
from modelyard.hub.rules.trees import EMPTY, Entry
from modelyard.hub.store.objects import TreeReader
from modelyard.hub.values import Commit, Repository


@dataclass(frozen=True, slots=True)
class Difference:
    """A file before and after a commit; None where it was not, or is no more."""

    path: str
    before: Entry | None
    after: Entry | None


def differences(session: Session, repository: Repository, commit: Commit, *, limit: int) -> list[Difference]:
    """Return at most `limit` files that differ between a commit and its first parent, by path."""
    parent = store.history.get(session, repository.pool, commit.parent) if commit.parent else None
    reader = TreeReader(session, repository.pool)
    found: list[Difference] = []
    for difference in _compare(reader, parent.tree if parent else EMPTY.oid, commit.tree, ""):
        found.append(difference)
        if len(found) == limit:
            break
    return found


def _compare(reader: TreeReader, before: Oid, after: Oid, prefix: str) -> Iterator[Difference]:
    old = {entry.name: entry for entry in reader.entries(before)}
    new = {entry.name: entry for entry in reader.entries(after)}
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was != now:
            yield from _changed(reader, was, now, prefix + name)


def _changed(reader: TreeReader, was: Entry | None, now: Entry | None, path: str) -> Iterator[Difference]:
    file_was = None if was is None or was.is_folder else was
    file_now = None if now is None or now.is_folder else now
    if file_was != file_now:
        yield Difference(path, file_was, file_now)
    old, new = _tree_of(was), _tree_of(now)
    if old != new:
        yield from _compare(reader, old, new, path + "/")


def _tree_of(entry: Entry | None) -> Oid:
    return entry.oid if entry is not None and entry.is_folder else EMPTY.oid
