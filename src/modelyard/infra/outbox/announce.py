"""Put an event into the outbox, in the transaction of the change that it tells of."""

from typing import Protocol

from sqlalchemy import insert
from sqlalchemy.orm import Session

from modelyard.infra.outbox.models import EventRow
from modelyard.infra.records import Record, encode
from modelyard.infra.signals import wake_after_commit
from modelyard.infra.tables import canonical_json
from modelyard.infra.writer import Statements

TOPIC = "outbox"


class Event(Record, Protocol):
    """A record of something that happened to its subject, in the past tense."""

    @property
    def subject(self) -> str:
        """The id of the thing that this happened to; events of one subject are heard in order."""
        ...


def announce(session: Session, event: Event) -> None:
    """Tell the other rooms of an event, once this transaction has committed; nothing is told when it rolls back."""
    session.execute(insert(EventRow).values(name=event.name, subject=event.subject, payload=encode(event)))
    wake_after_commit(session, TOPIC)


def announce_by(statements: Statements, event: Event) -> None:
    """Do as `announce` does, inside a work of the writer; it is heard at the dispatcher's next look."""
    statements.execute(
        "INSERT INTO outbox_event (name, subject, payload) VALUES (?, ?, ?)",
        (event.name, event.subject, canonical_json(encode(event))),
    )
