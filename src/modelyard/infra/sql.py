"""Plain SQL inside a session's own transaction, for the few verbs that share their statements with the writer."""

from sqlalchemy.orm import Session

from modelyard.infra.writer import Statements


def over(session: Session) -> Statements:
    """Return `Statements` on the session's connection; what the session has pending is flushed first.

    What they write commits or rolls back with the session.
    """
    session.flush()
    connection = session.connection()
    return Statements(connection.connection.cursor(), sqlite=connection.dialect.name == "sqlite")
