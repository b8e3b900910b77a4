"""The writer: one thread that commits many small works with one fsync.

One fsync for each request bounds a disk to some hundred requests a second; a group commit lifts the same disk to
thousands. Works that wait while a batch is being committed form the next batch, so the batch grows with the load and
a lone work waits for nobody. Each work runs under its own savepoint, so one that fails never fails its neighbors, and
its result is delivered only after the batch is durable.

Works of one class may offer to be done together, by a few statements for all of them. Every statement lets go of the
interpreter's lock and has to win it back from the event loop, so that a batch of 30 requests costs a tenth of what 30
batches of statements cost. Together is for the plain case alone: whatever is not plain raises, is rolled back, and each
work is then done by itself.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, Self, TypeVar

import structlog

from modelyard.infra.db import Database
from modelyard.kernel import N_, DomainError, Kind, Unavailable

_log = structlog.get_logger(__name__)

T = TypeVar("T")
Row = tuple[Any, ...]
Observer = Callable[[int, float], None]
MAX_BATCH = 256
MAX_WAITING = 20_000
_TRIES = 5
MAX_TRIES = 5
_GAVE_WAY = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected


class WriterClosed(DomainError):
    """Work was handed to a writer that has stopped."""

    code = "writer_closed"
    kind = Kind.UNAVAILABLE
    sentence = N_("The server is shutting down and takes no new work.")
    hint = N_("Send the request again in a moment.")


class Statements:
    """SQL on the writer's connection; placeholders are `?` on both databases, and no literal may hold `?` or `%`."""

    __slots__ = ("_cursor", "sqlite")

    def __init__(self, cursor: Any, *, sqlite: bool) -> None:
        self._cursor = cursor
        self.sqlite = sqlite

    def execute(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run one statement and return the count of rows it changed."""
        self._cursor.execute(sql if self.sqlite else _for_psycopg(sql), params)
        return int(self._cursor.rowcount)

    def one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """Run a query and return its first row, or None."""
        self._cursor.execute(sql if self.sqlite else _for_psycopg(sql), params)
        row: Row | None = self._cursor.fetchone()
        return row

    def all(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a query and return all its rows."""
        self._cursor.execute(sql if self.sqlite else _for_psycopg(sql), params)
        rows: list[Row] = self._cursor.fetchall()
        return rows


Work = Callable[[Statements], T]


class NotTogether(Exception):
    """Raised by `together` when the works are not plain; nothing of what it did stays, and each is done by itself."""


class Joint(Protocol):
    """Works of a class that can be done together; whoever implements this is also a `Work`."""

    @classmethod
    def together(cls, statements: Statements, works: Sequence[Self]) -> Sequence[object]:
        """Do all the works and return their results in order, or raise anything and have done nothing."""
        ...


class _Item(Generic[T]):
    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(self, work: Work[T], loop: asyncio.AbstractEventLoop | None) -> None:
        self.work = work
        self.loop = loop
        self.future: Future[T] | asyncio.Future[T] = loop.create_future() if loop else Future()
        self.result: T | None = None
        self.error: BaseException | None = None

    def deliver(self) -> None:
        if self.future.done():  # the caller went away; its work is committed all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]  # T may be None itself


class Writer:
    """Runs works in one thread and one transaction a batch.

    result = await writer.run(work)     # from the event loop
    result = writer.submit(work).result()

    A work changes nothing but the database: on PostgreSQL it may run again, when its batch had to give way to that of
    another process.
    """

    def __init__(self, db: Database, *, observer: Observer | None = None) -> None:
        self._db = db
        self._observer = observer
        self._queue: SimpleQueue[_Item[Any] | None] = SimpleQueue()
        self._connection: Any = None
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="modelyard-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell whether the thread takes work."""
        return self._thread.is_alive() and not self._closed

    async def run(self, work: Work[T]) -> T:
        """Run the work in the next batch; return its result once it is durable, or raise what it raised."""
        item = _Item(work, asyncio.get_running_loop())
        self._put(item)
        return await item.future  # type: ignore[misc, no-any-return]  # an item with a loop holds that loop's future

    def submit(self, work: Work[T]) -> "Future[T]":
        """Run the work in the next batch, from a thread."""
        item = _Item(work, None)
        self._put(item)
        return item.future  # type: ignore[return-value]  # an item without a loop holds a thread's future

    def close(self) -> None:
        """Finish what waits, then stop."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join(timeout=30)

    def _put(self, item: _Item[Any]) -> None:
        if self._closed:
            raise WriterClosed
        if self._queue.qsize() > MAX_WAITING:
            raise Unavailable(part="writer", reason="too much work waits to be written")
        self._queue.put(item)

    def _loop(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                break
            batch, last = self._collect(first)
            started = time.perf_counter()
            self._commit(batch)
            _deliver(batch)
            self._observe(len(batch), time.perf_counter() - started)
            if last:
                break
        self._disconnect()

    def _observe(self, items: int, seconds: float) -> None:
        if self._observer is None:
            return
        try:
            self._observer(items, seconds)
        except Exception:  # noqa: BLE001 - who only looks on must not stop all writing
            _log.exception("writer.observer_failed")

    def _collect(self, first: _Item[Any]) -> tuple[list[_Item[Any]], bool]:
        batch = [first]
        while len(batch) < MAX_BATCH:
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _commit(self, batch: list[_Item[Any]]) -> None:
        for tries_left in range(MAX_TRIES - 1, -1, -1):
            try:
                with self._db.write_lock:
                    self._transact(batch)
            except Exception as error:  # noqa: BLE001 - whatever broke the batch must reach those who wait for it
                self._disconnect()
                if tries_left and _yielded(error):
                    continue
                for item in batch:
                    item.error = error
            return

    def _transact(self, batch: list[_Item[Any]]) -> None:
        cursor = self._connect().cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self._db.is_sqlite else "BEGIN")
            statements = Statements(cursor, sqlite=self._db.is_sqlite)
            for items in _groups(batch):
                if len(items) == 1 or not _run_together(cursor, statements, items):
                    for item in items:
                        _run_one(cursor, statements, item)
            cursor.execute("COMMIT")
        finally:
            cursor.close()

    def _connect(self) -> Any:
        if self._connection is None:
            self._connection = self._db.raw()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _groups(batch: list[_Item[Any]]) -> list[list[_Item[Any]]]:
    """Return the works that can be done together in one list each, and every other work in a list of its own."""
    groups: dict[object, list[_Item[Any]]] = {}
    for item in batch:
        kind = type(item.work)
        groups.setdefault(kind if hasattr(kind, "together") else item, []).append(item)
    return list(groups.values())


def _run_together(cursor: Any, statements: Statements, items: list[_Item[Any]]) -> bool:
    works = [item.work for item in items]
    cursor.execute("SAVEPOINT items")
    try:
        results = type(works[0]).together(statements, works)  # type: ignore[attr-defined]  # _groups has looked
    except Exception as error:  # not plain, for whatever reason: each work by itself will say which
        if _yielded(error):
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT items")
        return False
    cursor.execute("RELEASE SAVEPOINT items")
    for item, result in zip(items, results, strict=True):
        item.result, item.error = result, None
    return True


def _run_one(cursor: Any, statements: Statements, item: _Item[Any]) -> None:
    cursor.execute("SAVEPOINT item")
    item.error = None
    try:
        item.result = item.work(statements)
    except Exception as error:  # one bad work fails alone; only a lost race concerns the whole batch
        if _yielded(error):
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT item")
        item.error = error
    cursor.execute("RELEASE SAVEPOINT item")


def _yielded(error: Exception) -> bool:
    """Tell whether PostgreSQL chose this transaction to give way: batches of two processes can deadlock on two rows."""
    return getattr(error, "sqlstate", None) in _GAVE_WAY


def _deliver(batch: list[_Item[Any]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Item[Any]]] = {}
    for item in batch:
        if item.loop is None:
            item.deliver()
        else:
            by_loop.setdefault(item.loop, []).append(item)
    for loop, items in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
            loop.call_soon_threadsafe(_deliver_all, items)


def _deliver_all(items: list[_Item[Any]]) -> None:
    for item in items:
        item.deliver()


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    return sql.replace("?", "%s")
