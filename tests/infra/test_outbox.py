"""The outbox on both databases: told after the commit, in order per subject, to each consumer, until it has heard."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from modelyard.infra import Database, Writer, epoch
from modelyard.infra.outbox import (
    MAX_TRIES,
    Consumers,
    DeliveryRow,
    Dispatcher,
    EventRow,
    announce,
    announce_by,
)
from modelyard.kernel import ManualClock


@dataclass(frozen=True)
class Renamed:
    """A repository got another title."""

    name: ClassVar[str] = "test.renamed"
    repo: str
    title: str

    @property
    def subject(self) -> str:
        return self.repo


@pytest.fixture
def consumers() -> Consumers:
    return Consumers()


@pytest.fixture
def dispatcher(database: Database, consumers: Consumers, clock: ManualClock) -> Dispatcher:
    return Dispatcher(database, consumers, clock, poll=0.02)


def tell(db: Database, *titles: str, repo: str = "r") -> None:
    with db.unit() as session:
        for title in titles:
            announce(session, Renamed(repo, title))


def listener(heard: list[str]) -> Callable[[Session, Renamed, int], None]:
    return lambda session, event, event_id: heard.append(event.title)


def test_each_consumer_hears_each_event_once_and_in_order(
    database: Database, consumers: Consumers, dispatcher: Dispatcher
) -> None:
    search: list[str] = []
    audit: list[str] = []
    consumers.on("search", Renamed, listener(search))
    consumers.on("audit", Renamed, listener(audit))
    tell(database, "one", "two")
    tell(database, "three")
    assert dispatcher.run_due() > 0
    assert dispatcher.run_due() == 0
    assert search == audit == ["one", "two", "three"]


def test_an_event_of_a_transaction_that_rolled_back_is_not_told(
    database: Database, consumers: Consumers, dispatcher: Dispatcher
) -> None:
    heard: list[str] = []
    consumers.on("search", Renamed, listener(heard))

    def announce_and_fail() -> None:
        with database.unit() as session:
            announce(session, Renamed("r", "never"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        announce_and_fail()
    dispatcher.run_due()
    assert heard == []


def test_a_failing_consumer_holds_up_its_own_subject_only(
    database: Database, consumers: Consumers, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    broken = [True]
    heard: list[str] = []
    other: list[str] = []

    def hear(session: Session, event: Renamed, event_id: int) -> None:
        if broken and event.title == "bad":
            raise RuntimeError("cannot")
        heard.append(event.title)

    consumers.on("search", Renamed, hear)
    consumers.on("audit", Renamed, listener(other))
    tell(database, "bad", "after")
    tell(database, "elsewhere", repo="q")
    dispatcher.run_due()
    assert heard == ["elsewhere"]
    assert other == ["bad", "after", "elsewhere"]
    broken.clear()
    clock.advance(timedelta(seconds=1))
    dispatcher.run_due()
    assert heard == ["elsewhere", "bad", "after"]


def test_what_a_consumer_writes_is_rolled_back_when_it_fails(
    database: Database, consumers: Consumers, dispatcher: Dispatcher
) -> None:
    def hear(session: Session, event: Renamed, event_id: int) -> None:
        epoch.bump(session)
        raise RuntimeError("late")

    consumers.on("search", Renamed, hear)
    tell(database, "one")
    dispatcher.run_due()
    with database.reader() as session:
        assert epoch.current(session) == 1
        delivery = session.scalars(select(DeliveryRow)).one()
        assert (delivery.state, delivery.tries, delivery.last_error) == ("waiting", 1, "RuntimeError: late")


def test_a_delivery_that_always_fails_is_dead_and_the_next_goes_on(
    database: Database, consumers: Consumers, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    heard: list[str] = []

    def hear(session: Session, event: Renamed, event_id: int) -> None:
        if event.title == "poison":
            raise RuntimeError("no")
        heard.append(event.title)

    consumers.on("search", Renamed, hear)
    tell(database, "poison", "next")
    for _ in range(MAX_TRIES):
        assert heard == []
        dispatcher.run_due()
        clock.advance(timedelta(hours=1))
    assert heard == ["next"]


def test_an_event_without_consumers_is_simply_passed(database: Database, dispatcher: Dispatcher) -> None:
    tell(database, "one")
    dispatcher.run_due()
    assert dispatcher.run_due() == 0


def test_a_consumer_may_announce_in_turn(database: Database, consumers: Consumers, dispatcher: Dispatcher) -> None:
    heard: list[str] = []

    def hear(session: Session, event: Renamed, event_id: int) -> None:
        heard.append(event.title)
        if len(event.title) < 3:
            announce(session, Renamed(event.repo, event.title + "x"))

    consumers.on("search", Renamed, hear)
    tell(database, "x")
    dispatcher.run_due()
    assert heard == ["x", "xx", "xxx"]


def test_events_are_forgotten_when_all_have_heard(
    database: Database, consumers: Consumers, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    def hear(session: Session, event: Renamed, event_id: int) -> None:
        if event.title == "bad":
            raise RuntimeError("no")

    consumers.on("search", Renamed, hear)
    tell(database, "good")
    tell(database, "bad", repo="q")
    dispatcher.run_due()
    assert dispatcher.forget() == 0
    clock.advance(timedelta(days=8))
    assert dispatcher.forget() == 1
    with database.reader() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 1


def test_the_writer_can_announce_too(database: Database, consumers: Consumers, dispatcher: Dispatcher) -> None:
    heard: list[str] = []
    consumers.on("search", Renamed, listener(heard))
    writer = Writer(database)
    writer.submit(lambda statements: announce_by(statements, Renamed("r", "written"))).result(10)
    writer.close()
    dispatcher.run_due()
    assert heard == ["written"]


def test_the_thread_wakes_when_a_transaction_commits(
    database: Database, consumers: Consumers, clock: ManualClock
) -> None:
    heard = threading.Event()
    consumers.on("search", Renamed, lambda session, event, event_id: heard.set())
    dispatcher = Dispatcher(database, consumers, clock, poll=600)
    dispatcher.start()
    try:
        tell(database, "one")
        assert heard.wait(10)
        assert dispatcher.alive
    finally:
        assert dispatcher.stop()


def test_two_dispatchers_deliver_each_event_once_and_in_order(
    database: Database, consumers: Consumers, clock: ManualClock
) -> None:
    heard: list[str] = []
    lock = threading.Lock()

    def hear(session: Session, event: Renamed, event_id: int) -> None:
        with lock:
            heard.append(event.title)

    consumers.on("search", Renamed, hear)
    titles = [f"{number:03}" for number in range(40)]
    tell(database, *titles)
    dispatchers = [Dispatcher(database, consumers, clock) for _ in range(2)]
    threads = [threading.Thread(target=each.run_due) for each in dispatchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in dispatchers:
        each.run_due()
    assert heard == titles


def test_a_consumer_that_left_does_not_stop_the_others(
    database: Database, consumers: Consumers, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    consumers.on("old", Renamed, listener([]))
    tell(database, "one")
    with database.unit() as session:
        session.add(EventRow(name="test.gone", subject="r", payload={}, sorted_at=clock.now()))
        session.flush()
        gone = session.scalar(select(EventRow.id).where(EventRow.name == "test.gone"))
        session.add(
            DeliveryRow(consumer="old", event_id=gone, subject="r", state="waiting", tries=0, run_at=clock.now())
        )
    dispatcher.run_due()
    with database.reader() as session:
        error = session.scalar(select(DeliveryRow.last_error).where(DeliveryRow.event_id == gone))
    assert "no longer hears test.gone" in (error or "")


def test_one_consumer_hears_one_kind_once(consumers: Consumers) -> None:
    consumers.on("search", Renamed, listener([]))
    with pytest.raises(ValueError, match="hears"):
        consumers.on("search", Renamed, listener([]))
