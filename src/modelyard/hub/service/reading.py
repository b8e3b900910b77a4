"""Read a repository: trees, files, history, refs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy.orm import Session

from modelyard.hub import store
from modelyard.hub.errors import BlobMissing
from modelyard.hub.rules.objects import Oid
from modelyard.hub.rules.trees import Entry
from modelyard.hub.service import sight
from modelyard.hub.store.objects import TreeReader, walk_key
from modelyard.hub.values import Commit, GitObject, Item, Ref, Repository, Revision
from modelyard.kernel import Page

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a tree to list: a folder, perhaps with all below it, behind a cursor; perhaps with last commits."""

    folder: str = ""
    recursive: bool = False
    last_commits: bool = False
    after: str = ""
    limit: int = MAX_PAGE


def list_tree(session: Session, revision: Revision, listing: Listing) -> Page[Item]:
    """List a folder in git's order; raises EntryNotFound for a path that is not a folder."""
    reader = TreeReader(session, revision.repository.pool)
    folder = sight.entry_at(reader, revision, listing.folder)
    if not folder.is_folder:
        raise sight.absent(revision, listing.folder)
    prefix = f"{listing.folder}/" if listing.folder else ""
    if listing.recursive:
        walk: Iterable[tuple[str, Entry]] = reader.walk(folder.oid, prefix, after=listing.after)
    else:
        walk = reader.level(folder.oid, prefix, after=listing.after)
    limit = max(1, min(listing.limit, MAX_PAGE))
    found = [Item(path, entry) for path, entry in islice(walk, limit + 1)]
    more = len(found) > limit
    items = found[:limit]
    cursor = walk_key(items[-1].path.removeprefix(prefix), items[-1].entry) if more else None
    return Page(with_last_commits(session, revision, items) if listing.last_commits else items, cursor)


def files(session: Session, revision: Revision) -> list[Item]:
    """Return every file of a revision, by path in git's order."""
    reader = TreeReader(session, revision.repository.pool)
    return [Item(path, entry) for path, entry in reader.walk(revision.commit.tree) if not entry.is_folder]


def items_at(session: Session, revision: Revision, paths: Sequence[str], *, last_commits: bool) -> list[Item]:
    """Return what stands at these paths; those where nothing does are left out."""
    reader = TreeReader(session, revision.repository.pool)
    found = ((path, reader.find(revision.commit.tree, path)) for path in dict.fromkeys(paths))
    items = [Item(path, entry) for path, entry in found if entry is not None]
    return with_last_commits(session, revision, items) if last_commits else items


def file_at(session: Session, revision: Revision, path: str) -> Entry:
    """Return a file; raises EntryNotFound, also for a folder."""
    entry = sight.entry_at(TreeReader(session, revision.repository.pool), revision, path)
    if entry.is_folder:
        raise sight.absent(revision, path)
    return entry


def object_of(session: Session, repository: Repository, entry: Entry, path: str) -> GitObject:
    """Return the git object of a regular file, or of a large file's pointer; raises BlobMissing."""
    found = store.objects.get(session, repository.pool, entry.oid)
    if found is None:
        raise BlobMissing(path=path)
    return found


def with_last_commits(session: Session, revision: Revision, items: Sequence[Item]) -> list[Item]:
    """Return the items, each with the commit that last changed it."""
    paths = [item.path for item in items]
    latest = store.history.last_changes(session, revision.repository.pool, revision.commit, paths)
    return [replace(item, last_commit=latest.get(item.path)) for item in items]


def log(session: Session, revision: Revision, *, after: str | None = None, limit: int = 50) -> Page[Commit]:
    """List a revision's commits, the latest first; the cursor is the generation of a page's last commit."""
    below = int(after) if after and after.isdecimal() and len(after) <= len("2147483647") else None
    limit = max(1, min(limit, MAX_PAGE))
    below = min(below, 2**31 - 1) if below is not None else None
    found = store.history.log(session, revision.repository.pool, revision.commit, below=below, limit=limit + 1)
    return Page(found[:limit], str(found[limit - 1].generation) if len(found) > limit else None)


def refs(session: Session, repository: Repository) -> list[Ref]:
    """Return branches, tags and other refs by full name."""
    return store.refs.all_of(session, repository.id)


def commits_by_id(session: Session, repository: Repository, oids: Sequence[Oid]) -> dict[Oid, Commit]:
    """Return several commits by id, for lists of refs that say when they moved."""
    return store.history.many(session, repository.pool, oids)
