"""Jobs on both databases: enqueued with the business, done once as far as the database goes, retried, buried."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from modelyard.infra import Database, epoch, jobs
from modelyard.infra.jobs import Backlog, GiveUp, Handlers, JobRow, Run, ScheduleRow, State, Worker
from modelyard.infra.jobs.worker import Tempo
from modelyard.kernel import JobId, ManualClock

LEASE = timedelta(seconds=60)
TEMPO = Tempo(lease=LEASE, poll=timedelta(milliseconds=20))


@dataclass(frozen=True)
class Index:
    """Index one repository."""

    name: ClassVar[str] = "test.index"
    repo: str


@dataclass(frozen=True)
class Sweep:
    """Sweep everything."""

    name: ClassVar[str] = "test.sweep"


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def worker(database: Database, handlers: Handlers, clock: ManualClock) -> Worker:
    return Worker(database, handlers, clock, tempo=TEMPO)


@pytest.fixture
def started(worker: Worker) -> Iterator[Worker]:
    """A worker whose threads run; a test registers its handlers before it asks for this with `getfixturevalue`."""
    worker.start()
    yield worker
    assert worker.stop()


def enqueue(db: Database, clock: ManualClock, repo: str = "r", **options: object) -> JobId:
    with db.unit() as session:
        return jobs.enqueue(session, Index(repo), clock=clock, **options)  # type: ignore[arg-type]  # each test's own options


def job(db: Database, of: JobId) -> JobRow:
    with db.reader() as session:
        return session.get_one(JobRow, of)


def bump(session: Session, task: Index) -> None:
    epoch.bump(session)


def bumps(db: Database) -> int:
    with db.reader() as session:
        return epoch.current(session) - 1


def test_a_job_is_done_once_with_its_payload(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    seen: list[Index] = []
    handlers.within(Index, lambda session, task: seen.append(task))
    enqueued = enqueue(database, clock, "acme/llm")
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert seen == [Index("acme/llm")]
    assert job(database, enqueued).state == State.DONE


def test_a_job_of_a_transaction_that_rolled_back_never_was(database: Database, clock: ManualClock) -> None:
    def enqueue_and_fail() -> None:
        with database.unit() as session:
            jobs.enqueue(session, Index("r"), clock=clock)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        enqueue_and_fail()
    with database.reader() as session:
        assert jobs.backlog(session) == []


def test_a_job_for_later_waits(database: Database, handlers: Handlers, worker: Worker, clock: ManualClock) -> None:
    handlers.within(Index, bump)
    enqueue(database, clock, after=timedelta(minutes=5))
    assert worker.run_due() == 0
    clock.advance(timedelta(minutes=5))
    assert worker.run_due() == 1


def test_a_waiting_twin_is_not_enqueued_again_but_a_running_one_is(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    again: list[JobId] = []

    def long(task: Index, run: Run) -> None:
        if not again:
            again.append(enqueue(database, clock, unique="r"))

    handlers.on(Index, long)
    first = enqueue(database, clock, unique="r")
    assert enqueue(database, clock, unique="r") == first
    clock.advance(timedelta(milliseconds=1))  # so that the first is also the first to be done
    assert enqueue(database, clock, unique="another") != first
    assert worker.run_due() == 3
    assert again[0] != first


def test_what_a_handler_writes_and_the_mark_of_being_done_are_one_transaction(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def bump_then_fail(session: Session, task: Index) -> None:
        epoch.bump(session)
        raise RuntimeError("late")

    handlers.within(Index, bump_then_fail)
    enqueued = enqueue(database, clock)
    worker.run_due()
    assert bumps(database) == 0
    row = job(database, enqueued)
    assert (row.state, row.tries, row.last_error) == (State.READY, 1, "RuntimeError: late")


def test_a_failing_job_is_tried_with_growing_pauses_and_then_dead(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def fail(session: Session, task: Index) -> None:
        raise RuntimeError("no")

    handlers.within(Index, fail)
    enqueued = enqueue(database, clock, max_tries=4)
    pauses = []
    while (row := job(database, enqueued)).state == State.READY:
        pauses.append(row.run_at - clock.now())
        clock.advance(max(timedelta(0), row.run_at - clock.now()))
        assert worker.run_due() == 1
    assert row.state == State.DEAD
    assert row.last_error == "RuntimeError: no"
    assert len(pauses) == 4
    assert pauses == sorted(pauses)
    with database.reader() as session:
        assert jobs.backlog(session) == [Backlog("test.index", State.DEAD, 1)]


def test_a_dead_job_can_be_revived(database: Database, handlers: Handlers, worker: Worker, clock: ManualClock) -> None:
    broken = [True]

    def fail_at_first(session: Session, task: Index) -> None:
        if broken:
            raise GiveUp("the repository is gone")

    handlers.within(Index, fail_at_first)
    enqueued = enqueue(database, clock)
    worker.run_due()
    assert (job(database, enqueued).state, job(database, enqueued).last_error) == (State.DEAD, "the repository is gone")
    broken.clear()
    with database.unit() as session:
        assert jobs.revive(session, enqueued, clock=clock)
        assert not jobs.revive(session, enqueued, clock=clock)
    worker.run_due()
    assert job(database, enqueued).state == State.DONE


def test_a_payload_that_no_longer_fits_is_dead_at_once(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    handlers.within(Index, bump)
    enqueued = enqueue(database, clock)
    with database.unit() as session:
        session.get_one(JobRow, enqueued).payload = {"repository": 1}
    worker.run_due()
    assert job(database, enqueued).state == State.DEAD
    assert "cannot be read" in (job(database, enqueued).last_error or "")


def test_a_canceled_job_is_not_done(database: Database, handlers: Handlers, worker: Worker, clock: ManualClock) -> None:
    handlers.within(Index, bump)
    enqueued = enqueue(database, clock)
    with database.unit() as session:
        assert jobs.cancel(session, enqueued, clock=clock)
    assert worker.run_due() == 0
    with database.unit() as session:
        assert not jobs.cancel(session, enqueued, clock=clock)


def test_a_job_that_is_canceled_while_it_runs_writes_nothing(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    told: list[bool] = []

    def long(task: Index, run: Run) -> jobs.Conclusion:
        with database.unit() as session:
            jobs.cancel(session, run.job, clock=clock)
        worker.keep_up()
        told.append(run.lost.is_set())
        return epoch.bump

    handlers.on(Index, long)
    enqueued = enqueue(database, clock)
    worker.run_due()
    assert told == [True]
    assert bumps(database) == 0
    assert job(database, enqueued).state == State.CANCELED


def test_the_job_of_a_dead_worker_is_done_by_another_and_the_dead_ones_late_return_writes_nothing(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def stall(task: Index, run: Run) -> jobs.Conclusion:
        if run.attempt == 1:
            clock.advance(LEASE * 2)  # the machine slept; meanwhile:
            other.run_due()
        return epoch.bump

    handlers.on(Index, stall)
    other = Worker(database, handlers, clock, tempo=TEMPO)
    enqueued = enqueue(database, clock)
    worker.run_due()
    assert bumps(database) == 1
    assert (job(database, enqueued).state, job(database, enqueued).tries) == (State.DONE, 2)


def test_a_lease_is_renewed_while_the_handler_runs(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def long(task: Index, run: Run) -> jobs.Conclusion:
        for _ in range(3):
            clock.advance(LEASE * 0.9)
            worker.keep_up()
            assert other.run_due() == 0
        return epoch.bump

    handlers.on(Index, long)
    other = Worker(database, handlers, clock, tempo=TEMPO)
    enqueued = enqueue(database, clock)
    worker.run_due()
    assert (bumps(database), job(database, enqueued).tries) == (1, 1)


def test_a_job_that_takes_its_worker_along_each_time_is_buried(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process: no handler of exceptions runs."""

    def die(task: Index, run: Run) -> None:
        raise Killed

    handlers.on(Index, die)
    enqueued = enqueue(database, clock, max_tries=3)
    for _ in range(3):
        with pytest.raises(Killed):
            worker.run_due()
        clock.advance(LEASE * 2)
    assert worker.run_due() == 0
    assert job(database, enqueued).state == State.DEAD
    assert "at each of its tries" in (job(database, enqueued).last_error or "")


def test_a_worker_leaves_jobs_that_it_has_no_handler_for(
    database: Database, worker: Worker, clock: ManualClock
) -> None:
    enqueue(database, clock)
    assert worker.run_due() == 0


def test_a_schedule_makes_up_for_missed_times_with_one_run(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    ran: list[Sweep] = []
    handlers.within(Sweep, lambda session, task: ran.append(task))
    handlers.every(Sweep(), timedelta(minutes=10))
    worker.start()
    assert worker.stop()
    worker.run_due()
    assert len(ran) == 1
    clock.advance(timedelta(minutes=9))
    assert worker.run_due() == 0
    clock.advance(timedelta(minutes=61))
    assert worker.run_due() == 1
    with database.reader() as session:
        due = session.get_one(ScheduleRow, "test.sweep").next_at
    assert due - clock.now() <= timedelta(minutes=10)


def test_a_schedule_that_no_release_knows_is_forgotten(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    with database.unit() as session:
        session.add(ScheduleRow(name="test.old", every_us=1, next_at=clock.now()))
    worker.start()
    assert worker.stop()
    with database.reader() as session:
        assert session.scalar(select(func.count()).select_from(ScheduleRow)) == 0


def test_finished_jobs_are_forgotten_and_dead_ones_are_not(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def maybe(session: Session, task: Index) -> None:
        if task.repo == "bad":
            raise GiveUp("bad")

    handlers.within(Index, maybe)
    enqueue(database, clock, "good")
    bad = enqueue(database, clock, "bad")
    worker.run_due()
    clock.advance(timedelta(days=8))
    worker.keep_up()
    with database.reader() as session:
        assert list(session.scalars(select(JobRow.id))) == [bad]


def test_a_retry_gives_way_to_a_twin_that_waits(
    database: Database, handlers: Handlers, worker: Worker, clock: ManualClock
) -> None:
    def enqueue_twin_and_fail(task: Index, run: Run) -> None:
        enqueue(database, clock, unique="r", after=timedelta(hours=1))
        raise RuntimeError("no")

    handlers.on(Index, enqueue_twin_and_fail)
    first = enqueue(database, clock, unique="r")
    worker.run_due()
    assert job(database, first).state == State.CANCELED


def test_threads_wake_when_a_transaction_commits_and_share_the_work(
    request: pytest.FixtureRequest, database: Database, handlers: Handlers, clock: ManualClock
) -> None:
    both = threading.Barrier(2)
    done = threading.Semaphore(0)

    def meet(task: Index, run: Run) -> jobs.Conclusion:
        both.wait(10)  # passes only when two jobs run at the same time
        done.release()
        return epoch.bump

    handlers.on(Index, meet)
    running: Worker = request.getfixturevalue("started")
    assert running.alive
    with database.unit() as session:
        jobs.enqueue(session, Index("a"), clock=clock)
        jobs.enqueue(session, Index("b"), clock=clock)
    assert done.acquire(timeout=10)
    assert done.acquire(timeout=10)


def test_many_workers_do_each_job_once(database: Database, handlers: Handlers, clock: ManualClock) -> None:
    handlers.within(Index, bump)
    with database.unit() as session:
        for number in range(60):
            jobs.enqueue(session, Index(str(number)), clock=clock)
    workers = [Worker(database, handlers, clock, tempo=TEMPO) for _ in range(4)]
    threads = [threading.Thread(target=each.run_due) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bumps(database) == 60
    with database.reader() as session:
        assert jobs.backlog(session) == [Backlog("test.index", State.DONE, 60)]


def test_twins_that_are_enqueued_at_the_same_time_are_one(database: Database, clock: ManualClock) -> None:
    ids: list[JobId] = []
    threads = [threading.Thread(target=lambda: ids.append(enqueue(database, clock, unique="same"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_second_handler_for_a_task_is_refused(handlers: Handlers) -> None:
    handlers.within(Index, bump)
    with pytest.raises(ValueError, match="there is a handler"):
        handlers.within(Index, bump)


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [Tempo().pause(tries, 0.0).total_seconds() for tries in range(1, 14)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses[-1] == 3600
    assert Tempo().pause(1, 0.999) >= timedelta(seconds=1.5)
