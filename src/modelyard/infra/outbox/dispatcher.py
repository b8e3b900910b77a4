"""Deliver events to consumers."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, insert, select
from sqlalchemy.orm import Session, aliased

from modelyard.infra.db import Database
from modelyard.infra.outbox.announce import TOPIC
from modelyard.infra.outbox.consumers import Consumers
from modelyard.infra.outbox.models import DeliveryRow, EventRow
from modelyard.infra.pump import Pump
from modelyard.infra.records import decode
from modelyard.kernel import Clock

_log = structlog.get_logger(__name__)

MAX_TRIES = 12
MAX_ERROR = 2000
_BATCH = 100
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=30)
_FORGET_EVERY = timedelta(hours=1)


class Dispatcher:
    """One thread that delivers; several processes may each have one.

    `poll` is how often, in seconds, it looks for what other processes announced. Events are forgotten `retention`
    after they were made out to their consumers, unless one still waits or is dead.
    """

    def __init__(
        self,
        db: Database,
        consumers: Consumers,
        clock: Clock,
        *,
        poll: float = 1.0,
        retention: timedelta = timedelta(days=7),
    ) -> None:
        self._db = db
        self._consumers = consumers
        self._clock = clock
        self._poll = poll
        self._retention = retention
        self._forget_at = clock.now()
        self._pump = Pump("outbox", self._step)

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs."""
        return self._pump.alive

    def start(self) -> None:
        """Start the thread."""
        self._db.signals.subscribe(TOPIC, self._pump.wake)
        self._pump.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Stop after the present delivery; False when that took more than `timeout` seconds."""
        self._db.signals.unsubscribe(TOPIC, self._pump.wake)
        self._pump.ask_to_stop()
        return self._pump.join(timeout)

    def run_due(self) -> int:
        """Deliver everything that is due, in this thread, and return how many deliveries were tried."""
        tried = 0
        while self._sort() or self._deliver_one():
            tried += 1
        return tried

    def forget(self) -> int:
        """Delete events that all have heard and whose retention is over; return how many."""
        open_deliveries = exists().where(DeliveryRow.event_id == EventRow.id, DeliveryRow.state != "done")
        over = EventRow.sorted_at < self._clock.now() - self._retention
        with self._db.unit() as session:
            query = delete(EventRow).where(over, ~open_deliveries).returning(EventRow.id)
            return len(session.execute(query.execution_options(synchronize_session=False)).all())

    def _step(self) -> float:
        self.run_due()
        if self._clock.now() >= self._forget_at:
            self.forget()
            self._forget_at = self._clock.now() + _FORGET_EVERY
        return self._poll

    def _sort(self) -> bool:
        """Make out new events to their consumers; False when there were none."""
        with self._db.reader() as session:  # looking costs no write lock
            if session.execute(select(EventRow.id).where(EventRow.sorted_at.is_(None)).limit(1)).first() is None:
                return False
        now = self._clock.now()
        with self._db.unit() as session:
            query = select(EventRow).where(EventRow.sorted_at.is_(None)).order_by(EventRow.id).limit(_BATCH)
            events = list(session.scalars(query.with_for_update()))  # not skipping locked ones keeps the order
            for event in events:
                event.sorted_at = now
            if deliveries := [
                _made_out(event, name, now) for event in events for name in self._consumers.of(event.name)
            ]:
                session.execute(insert(DeliveryRow), deliveries)
        return bool(events)

    def _deliver_one(self) -> bool:
        now = self._clock.now()
        with self._db.reader() as session:
            if session.execute(select(DeliveryRow.event_id).where(self._due(now)).limit(1)).first() is None:
                return False
        with self._db.unit() as session:
            query = select(DeliveryRow).where(self._due(now), ~_held_up()).order_by(DeliveryRow.event_id).limit(1)
            delivery = session.scalars(query.with_for_update(skip_locked=True, of=DeliveryRow)).first()
            if delivery is None:
                return False
            self._deliver(session, delivery)
        return True

    def _due(self, now: datetime) -> ColumnElement[bool]:
        known = DeliveryRow.consumer.in_(self._consumers.names)
        return and_(DeliveryRow.state == "waiting", DeliveryRow.run_at <= now, known)

    def _deliver(self, session: Session, delivery: DeliveryRow) -> None:
        try:
            with session.begin_nested():
                self._call(session, delivery)
        except Exception as error:  # noqa: BLE001 - a consumer may fail in any way; the delivery remembers how
            self._postpone(delivery, error)
        else:
            delivery.state, delivery.finished_at, delivery.last_error = "done", self._clock.now(), None

    def _call(self, session: Session, delivery: DeliveryRow) -> None:
        event = session.get_one(EventRow, delivery.event_id)
        found = self._consumers.find(event.name, delivery.consumer)
        if found is None:
            raise LookupError(f"{delivery.consumer} no longer hears {event.name}")
        kind, hear = found
        hear(session, decode(kind, event.payload), event.id)

    def _postpone(self, delivery: DeliveryRow, error: Exception) -> None:
        delivery.tries += 1
        delivery.last_error = f"{type(error).__name__}: {error}"[:MAX_ERROR]
        dead = delivery.tries >= MAX_TRIES
        _log.log(
            40 if dead else 30,
            "outbox.dead" if dead else "outbox.failed",
            consumer=delivery.consumer,
            event_id=delivery.event_id,
            error=delivery.last_error,
            exc_info=error,
        )
        if dead:
            delivery.state, delivery.finished_at = "dead", self._clock.now()
        else:
            delivery.run_at = self._clock.now() + min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << (delivery.tries - 1)))


def _made_out(event: EventRow, consumer: str, now: datetime) -> dict[str, object]:
    return {
        "consumer": consumer,
        "event_id": event.id,
        "subject": event.subject,
        "state": "waiting",
        "tries": 0,
        "run_at": now,
    }


def _held_up() -> ColumnElement[bool]:
    """Whether an earlier event of the same subject still waits for the same consumer."""
    earlier = aliased(DeliveryRow)
    return exists().where(
        earlier.state == "waiting",
        earlier.consumer == DeliveryRow.consumer,
        earlier.subject == DeliveryRow.subject,
        earlier.event_id < DeliveryRow.event_id,
    )
