"""Git objects: pools, additions in batches, trees by level."""

import zlib
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from modelyard.hub.models import ChangeRow, CommitRow, LineRow, ObjectRow, PoolRow, RepositoryRow
from modelyard.hub.rules.objects import ObjectType, Oid
from modelyard.hub.rules.trees import EMPTY, Entry, decode, lookup
from modelyard.hub.store.insertion import insert_new
from modelyard.hub.values import GitObject

_IDS_A_QUERY = 400
_FOLDERS_AHEAD = 32
_COLUMNS = (ObjectRow.oid, ObjectRow.kind, ObjectRow.size, ObjectRow.data, ObjectRow.notes, ObjectRow.sha256)


def new_pool(session: Session) -> int:
    """Create an empty pool and return its number."""
    pool = PoolRow(next_seq=1, next_line=1)
    session.add(pool)
    session.flush()
    return pool.id


def add(session: Session, pool: int, objects: Sequence[GitObject]) -> None:
    """Add objects that may be there already; holds the pool to the transaction's end, and so numbers them in order."""
    if not objects:
        return
    take = update(PoolRow).where(PoolRow.id == pool).values(next_seq=PoolRow.next_seq + len(objects))
    first = session.execute(take.returning(PoolRow.next_seq)).scalar_one() - len(objects)
    rows = [
        {
            "pool": pool,
            "oid": item.oid,
            "kind": int(item.kind),
            "size": item.size,
            "data": item.data,
            "notes": item.notes,
            "sha256": item.sha256,
            "seq": first + number,
        }
        for number, item in enumerate(objects)
    ]
    session.execute(insert_new(session, ObjectRow), rows)


def hold(session: Session, pool: int) -> None:
    """Let nobody else add to the pool until the transaction ends."""
    session.execute(update(PoolRow).where(PoolRow.id == pool).values(next_seq=PoolRow.next_seq))


def get(session: Session, pool: int, oid: Oid) -> GitObject | None:
    """Return one object."""
    row = session.execute(select(*_COLUMNS).where(ObjectRow.pool == pool, ObjectRow.oid == oid)).one_or_none()
    return None if row is None else GitObject(row[0], ObjectType(row[1]), row[2], row[3], row[4], row[5])


def after(session: Session, pool: int, seq: int, limit: int) -> list[tuple[int, GitObject]]:
    """Return the objects that came after a number, in order, each with its own number."""
    query = select(ObjectRow.seq, *_COLUMNS).where(ObjectRow.pool == pool, ObjectRow.seq > seq)
    rows = session.execute(query.order_by(ObjectRow.seq).limit(limit))
    return [(row[0], GitObject(row[1], ObjectType(row[2]), row[3], row[4], row[5], row[6])) for row in rows]


def abandoned_pool(session: Session) -> int | None:
    """Return a pool that still holds objects although every repository of it was deleted."""
    alive = exists().where(RepositoryRow.pool == PoolRow.id, RepositoryRow.deleted_at.is_(None))
    filled = exists().where(ObjectRow.pool == PoolRow.id)
    return session.scalar(select(PoolRow.id).where(~alive, filled).limit(1))


def delete_some(session: Session, pool: int, limit: int) -> int:
    """Delete up to `limit` objects of a pool whose repository is gone, and all its history; return how many."""
    some = session.scalars(select(ObjectRow.oid).where(ObjectRow.pool == pool).limit(limit)).all()
    if len(some) < limit:
        for table in (ChangeRow, CommitRow, LineRow):
            session.execute(delete(table).where(table.pool == pool))
    session.execute(delete(ObjectRow).where(ObjectRow.pool == pool, ObjectRow.oid.in_(some)))
    return len(some)


class TreeReader:
    """Reads the trees of one pool within one session, each at most once.

    The trees of a level come in one query; nothing outside the folders asked for is read.
    """

    def __init__(self, session: Session, pool: int) -> None:
        self._session = session
        self._pool = pool
        self._raw: dict[Oid, tuple[bytes, bytes]] = {EMPTY.oid: (b"", b"")}
        self._trees: dict[Oid, tuple[Entry, ...]] = {EMPTY.oid: ()}

    def entries(self, oid: Oid) -> tuple[Entry, ...]:
        """Return a folder's entries in git's order; raises KeyError for a tree that is not there."""
        if oid not in self._trees:
            self.fetch([oid])
            self._trees[oid] = tuple(decode(*self._raw[oid]))
        return self._trees[oid]

    def fetch(self, oids: Iterable[Oid]) -> None:
        """Read several folders ahead of their use."""
        wanted = [oid for oid in dict.fromkeys(oids) if oid not in self._raw]
        for start in range(0, len(wanted), _IDS_A_QUERY):
            some = wanted[start : start + _IDS_A_QUERY]
            columns = select(ObjectRow.oid, ObjectRow.data, ObjectRow.notes)
            for oid, data, notes in self._session.execute(
                columns.where(ObjectRow.pool == self._pool, ObjectRow.oid.in_(some))
            ):
                self._raw[oid] = (zlib.decompress(data or b""), notes or b"")

    def find(self, root: Oid, path: str) -> Entry | None:
        """Return what stands at a path, or None."""
        *folders, name = path.split("/")
        for folder in folders:
            entry = self._in(root, folder)
            if entry is None or not entry.is_folder:
                return None
            root = entry.oid
        return self._in(root, name)

    def _in(self, folder: Oid, name: str) -> Entry | None:
        self.fetch([folder])
        return lookup(*self._raw[folder], name)

    def walk(self, root: Oid, prefix: str = "", *, after: str = "") -> Iterator[tuple[str, Entry]]:
        """Yield all below a folder, depth first in git's order, folders before what they hold.

        `after` is the sort key (`walk_key`) of the last item of an earlier page, relative to the folder.
        """
        first, _, rest = after.partition("/")
        entries = self.entries(root)
        start = _position(entries, first, folder="/" in after) if after else 0
        for index in range(start, len(entries)):
            entry = entries[index]
            resumed = rest if after and index == start and entry.is_folder and entry.name == first else None
            yield from self._visit(entries, index, prefix, resumed)

    def level(self, folder: Oid, prefix: str = "", *, after: str = "") -> Iterator[tuple[str, Entry]]:
        """Yield what a folder holds, without what is below, behind the cursor `after`."""
        entries = self.entries(folder)
        name, folder_mark, _ = after.partition("/")
        start = _position(entries, name, folder=bool(folder_mark)) if after else 0
        for entry in entries[start:]:
            if not (folder_mark and entry.is_folder and entry.name == name):
                yield prefix + entry.name, entry

    def _visit(
        self, entries: tuple[Entry, ...], index: int, prefix: str, resumed: str | None
    ) -> Iterator[tuple[str, Entry]]:
        entry = entries[index]
        if resumed is None:
            yield prefix + entry.name, entry
        if entry.is_folder:
            if entry.oid not in self._raw:
                self.fetch(near.oid for near in entries[index : index + _FOLDERS_AHEAD] if near.is_folder)
            yield from self.walk(entry.oid, f"{prefix}{entry.name}/", after=resumed or "")


def walk_key(path: str, entry: Entry) -> str:
    """Return the cursor that resumes a walk behind this item."""
    return path + "/" if entry.is_folder else path


def _position(entries: tuple[Entry, ...], name: str, *, folder: bool) -> int:
    """Return the index at which a walk resumes: at the folder itself, to go on inside it, or behind a file."""
    key = name.encode() + b"/" if folder else name.encode()
    for index, entry in enumerate(entries):
        here = entry.name.encode() + b"/" if entry.is_folder else entry.name.encode()
        if here > key or (folder and here == key):
            return index
    return len(entries)
