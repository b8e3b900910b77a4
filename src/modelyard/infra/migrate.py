"""Bring a database to this release's schema: one stream of migrations for both databases.

Alembic runs them, and it is loaded only when there is something to run: it costs a server that is up to date a
quarter of a second of its start and a good part of its memory.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from modelyard.infra.db import Database

_VERSION_TABLE = "alembic_version"


def upgrade(db: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, each database in one transaction."""
    if current(db) == (head() if revision == "head" else revision):
        return
    with db.connection() as connection:
        upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str) -> None:
    """Run the missing migrations in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - only when there is something to run
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", "modelyard.infra:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def current(db: Database) -> str | None:
    """Return the revision that the database is at, or None for an empty one."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION_TABLE):
            return None
        revision: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
        return revision


def head() -> str:
    """Return the newest revision of this release."""
    return _revisions()[-1]


def knows(revision: str) -> bool:
    """Tell whether a revision belongs to this release's stream."""
    return revision in _revisions()


@cache
def _revisions() -> tuple[str, ...]:
    """The stream has no branches, and each file begins with its revision: `0001_infra.py`."""
    folder = Path(__file__).with_name("migrations") / "versions"
    return tuple(sorted(path.name.partition("_")[0] for path in folder.glob("[0-9]*_*.py")))
