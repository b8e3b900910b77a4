"""Bring a database to this release, with a way back."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from modelyard.infra import migrate
from modelyard.infra.backup.sqlite import copy_database
from modelyard.infra.db import Database
from modelyard.infra.settings import Settings
from modelyard.infra.startup.errors import DatabaseTooNew


@dataclass(frozen=True, slots=True)
class Prepared:
    """From which revision to which; `copy` is the old SQLite database, when there was one to keep."""

    before: str | None
    after: str
    copy: Path | None


def prepare(settings: Settings) -> Prepared:
    """Migrate the database if it is older than this release; raises `DatabaseTooNew`.

    An older SQLite file is copied to `backups/` first. On PostgreSQL the migration is one transaction, and the way
    back is a backup of the operator's own.
    """
    db = Database(settings.resolved_database_url)
    try:
        before, after = migrate.current(db), migrate.head()
        if before is not None and not migrate.knows(before):
            raise DatabaseTooNew(revision=before)
        copy = _keep(settings, db, before) if db.is_sqlite and before not in (None, after) else None
        if before != after:
            migrate.upgrade(db)
    finally:
        db.close()
    return Prepared(before, after, copy)


def _keep(settings: Settings, db: Database, revision: str | None) -> Path:
    folder = settings.data_dir / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"before-{revision}.db"
    copy_database(Path(make_url(db.url).database or ""), copy)
    return copy
