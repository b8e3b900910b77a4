"""The rows of a PostgreSQL database, by COPY in one snapshot; no program of PostgreSQL's own is needed."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from modelyard.infra import migrate
from modelyard.infra.backup.errors import BackupNotForHere
from modelyard.infra.db import Database

_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, condeferrable, condeferred
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
_REVISION_TABLE = "alembic_version"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Dump:
    """The columns of each table, whose rows lie in a file of the table's name; and where its sequences stand."""

    revision: str
    tables: Mapping[str, tuple[str, ...]]
    sequences: Mapping[str, int]


def dump(db: Database, folder: Path) -> Dump:
    """Write the rows of every table, as of one instant, into files of `folder`."""
    with closing(db.raw()) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = _tables(connection)
        for table, columns in tables.items():
            with (
                (folder / table).open("wb") as file,
                connection.cursor().copy(_copy(table, columns, "TO STDOUT")) as rows,
            ):
                for chunk in rows:
                    file.write(chunk)
        revision = connection.execute(f"SELECT version_num FROM {_REVISION_TABLE}").fetchone()[0]  # noqa: S608 - a constant
        sequences = dict(connection.execute(_SEQUENCES).fetchall())
        connection.execute("COMMIT")
    return Dump(revision, tables, sequences)


def is_empty(db: Database) -> bool:
    """Tell whether the database has no table yet."""
    with closing(db.raw()) as connection:
        return not connection.execute(_COLUMNS).fetchall()


def load(db: Database, dumped: Dump, files: Mapping[str, Path]) -> None:
    """Make the schema of the dump's revision in an empty database and fill it; all of it or nothing.

    Foreign keys are checked at the end, for tables may refer to each other in a circle, and triggers do not run,
    since what they once wrote is in the dump. Raises `BackupNotForHere` when the dump does not fit its schema.
    """
    with db.connection() as alchemy:
        migrate.upgrade_within(alchemy, dumped.revision)
        connection = _driver(alchemy)
        _fits(_tables(connection), dumped.tables)
        with _relaxed(connection, dumped.tables):
            connection.execute("TRUNCATE " + ", ".join(map(_quoted, dumped.tables)))
            for table, columns in dumped.tables.items():
                _fill(connection, _copy(table, columns, "FROM STDIN"), files[table])
            for sequence, value in dumped.sequences.items():
                connection.execute("SELECT setval(%s::regclass, %s)", (_quoted(sequence), value))


class _relaxed:  # noqa: N801 - reads as a verb where it is used
    """Within the block foreign keys wait and triggers rest; at its end all keys are checked."""

    def __init__(self, connection: Any, tables: Iterable[str]) -> None:
        self._connection = connection
        self._tables = tables
        self._keys = connection.execute(_FOREIGN_KEYS).fetchall()

    def __enter__(self) -> None:
        for table, name, _, _ in self._keys:
            self._alter(table, name, "DEFERRABLE INITIALLY DEFERRED")
        self._triggers("DISABLE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:  # otherwise the transaction is being rolled back with all of it
            self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self._triggers("ENABLE")
            for table, name, able, late in self._keys:
                as_before = f"{'' if able else 'NOT '}DEFERRABLE INITIALLY {'DEFERRED' if late else 'IMMEDIATE'}"
                self._alter(table, name, as_before)

    def _alter(self, table: str, key: str, how: str) -> None:
        self._connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {_quoted(key)} {how}")

    def _triggers(self, how: str) -> None:
        for table in self._tables:
            self._connection.execute(f"ALTER TABLE {_quoted(table)} {how} TRIGGER USER")


def _tables(connection: Any) -> dict[str, tuple[str, ...]]:
    found = connection.execute(_COLUMNS).fetchall()
    return {table: tuple(columns) for table, columns in found if table != _REVISION_TABLE}


def _fits(here: Mapping[str, tuple[str, ...]], dumped: Mapping[str, tuple[str, ...]]) -> None:
    strange = [table for table, columns in dumped.items() if not set(columns) <= set(here.get(table, ()))]
    if strange or set(here) - set(dumped):
        raise BackupNotForHere(reason="its tables are not those of its revision")


def _fill(connection: Any, statement: str, path: Path) -> None:
    with path.open("rb") as file, connection.cursor().copy(statement) as rows:
        while chunk := file.read(_CHUNK):
            rows.write(chunk)


def _copy(table: str, columns: Iterable[str], where: str) -> str:
    return f"COPY {_quoted(table)} ({', '.join(map(_quoted, columns))}) {where}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
