"""A consistent copy of an SQLite database that is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from modelyard.infra.backup.errors import BackupDamaged
from modelyard.infra.blobs import StorageFull
from modelyard.infra.blobs.disk import RealDisk


def copy_database(source: Path, target: Path) -> None:
    """Copy a database with SQLite's own backup, while others read and write it; raises `BackupDamaged`.

    The copy is one snapshot, checked and on the disk when this returns; it replaces an older `target`.
    """
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(source.absolute().as_uri() + "?mode=rw", uri=True)) as live,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            _copy_pages(live, copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            check(copy)
        disk = RealDisk()
        with unfinished.open("rb") as file:
            disk.sync_file(file.fileno())
        disk.rename(unfinished, target)
        disk.sync_directory(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy_pages(live: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    try:
        live.backup(copy)  # all pages in one step: a writer's commit would start a backup in steps anew
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise StorageFull from error
        raise


def check(connection: sqlite3.Connection) -> None:
    """Raise `BackupDamaged` unless SQLite finds its pages in order."""
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise BackupDamaged(part="database", reason=found)


def revision_of(path: Path) -> str:
    """Return the revision of a copied database."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
