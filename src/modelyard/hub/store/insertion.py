"""Insert what may be there already, on both databases."""

from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_new(session: Session, table: type[Any]) -> Insert:
    """Return an insertion that leaves rows alone whose key exists."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    added: Insert = dialect.insert(table).on_conflict_do_nothing()
    return added
