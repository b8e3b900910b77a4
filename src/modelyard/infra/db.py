"""The database: units of work for writers, snapshots for readers, on SQLite and PostgreSQL alike.

SQLite runs in WAL mode with synchronous=FULL, and every write unit opens with BEGIN IMMEDIATE: a plain BEGIN that is
upgraded in the middle fails under contention however long it waits. Writers of one process queue on a lock, because
SQLite's own busy handler sleeps and polls, which would show in the gateway's tail.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from modelyard.infra.signals import Signals

_WRITE = "modelyard_write"
BUSY_TIMEOUT_MS = 30_000


class Database:
    """One engine, and the two ways to use it.

    with db.unit() as session:     # write: commits at the end, rolls back when the block raises
    with db.reader() as session:   # read: one consistent snapshot, nothing may be written
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect = make_url(url).get_backend_name()
        self.write_lock = threading.Lock() if self.is_sqlite else nullcontext()
        self.signals = Signals()
        self._inside = threading.local()
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        self._writing = self.engine.execution_options(**{_WRITE: True})
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is the embedded database."""
        return self.dialect == "sqlite"

    @contextmanager
    def unit(self) -> Iterator[Session]:
        """Open one unit of work; it commits when the block ends and rolls back when it raises."""
        if getattr(self._inside, "unit", False):
            msg = "a unit of work was opened inside another one; pass the session on instead"
            raise RuntimeError(msg)
        self._inside.unit = True
        try:
            with self.write_lock, Session(self._writing, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            self._inside.unit = False
        self.signals.fire(session)

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """Open one read snapshot; what it loads stays usable after it is closed."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open one write transaction on a bare connection, for migrations and tools."""
        with self.write_lock, self._writing.begin() as connection:
            yield connection

    def raw(self) -> Any:
        """Return a DBAPI connection of its own for the writer thread, in autocommit mode."""
        if self.is_sqlite:
            return _sqlite_raw(make_url(self.url).database or "")
        import psycopg  # noqa: PLC0415 - only installations on PostgreSQL carry the driver

        url = make_url(self.url).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _sqlite_raw(path: str) -> Any:
    import sqlite3  # noqa: PLC0415 - kept beside its use

    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    _sqlite_pragmas(connection)
    return connection


def _sqlite_pragmas(connection: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_engine(url: str) -> Engine:
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=16, max_overflow=48, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        _sqlite_pragmas(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: str) -> Engine:
    return create_engine(url, pool_size=16, max_overflow=48, pool_pre_ping=True)
