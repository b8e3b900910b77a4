"""Bring a database to this release's schema: one stream of migrations for both databases."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from modelyard.infra.db import Database


def upgrade(db: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, each database in one transaction."""
    with db.connection() as connection:
        upgrade_within(connection, revision)


def current(db: Database) -> str | None:
    """Return the revision that the database is at, or None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Tell whether a revision belongs to this release's stream."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade_within(connection: Connection, revision: str) -> None:
    """Run the missing migrations in the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def head() -> str:
    """Return the newest revision of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "modelyard.infra:migrations")
    return config
