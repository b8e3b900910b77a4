"""The threads that do jobs."""

import random
import threading
import traceback
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from modelyard.infra.db import Database
from modelyard.infra.jobs import queue
from modelyard.infra.jobs.models import ScheduleRow
from modelyard.infra.jobs.queue import Claim
from modelyard.infra.jobs.registry import GiveUp, Handlers, Recurring, Run
from modelyard.infra.pump import Pump
from modelyard.infra.records import decode
from modelyard.kernel import Clock, JobId

_log = structlog.get_logger(__name__)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a worker keeps time. Pauses between tries double from `first_pause` to `longest_pause`, less some chance."""

    lease: timedelta = timedelta(seconds=60)
    poll: timedelta = timedelta(seconds=2)
    first_pause: timedelta = timedelta(seconds=2)
    longest_pause: timedelta = timedelta(hours=1)
    retention: timedelta = timedelta(days=7)

    def pause(self, tries: int, chance: float) -> timedelta:
        """The pause after so many tries; `chance` in [0, 1) takes up to a quarter away."""
        whole = min(self.longest_pause, self.first_pause * (1 << min(tries - 1, 30)))
        return whole * (1 - chance / 4)


class LeaseLost(Exception):
    """The job was canceled, or another worker has it: what this one did must not be committed."""


class Worker:
    """Does the jobs that it has handlers for, in `threads` threads, beside one that keeps leases and schedules.

    Several processes may each have one on the same database.
    """

    def __init__(
        self, db: Database, handlers: Handlers, clock: Clock, *, threads: int = 2, tempo: Tempo | None = None
    ) -> None:
        self._db = db
        self._handlers = handlers
        self._clock = clock
        self._tempo = tempo or Tempo()
        self._running: dict[tuple[JobId, int], tuple[Claim, Run]] = {}
        self._lock = threading.Lock()
        self._pumps = [Pump(f"jobs-{number}", self._step) for number in range(threads)]
        self._keeper = Pump("jobs-keeper", self._keep)

    @property
    def alive(self) -> bool:
        """Tell whether every thread runs."""
        return all(pump.alive for pump in (*self._pumps, self._keeper))

    def start(self) -> None:
        """Start the threads; schedules that no handler knows any more are forgotten."""
        with self._db.unit() as session:
            self._register_schedules(session)
        self._db.signals.subscribe(queue.TOPIC, self._wake)
        for pump in (*self._pumps, self._keeper):
            pump.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Stop claiming, and wait for what runs; False when something still ran after `timeout` seconds.

        What is cut off is tried again when its lease ends.
        """
        self._db.signals.unsubscribe(queue.TOPIC, self._wake)
        for pump in (*self._pumps, self._keeper):
            pump.ask_to_stop()
        ended = [pump.join(timeout) for pump in (*self._pumps, self._keeper)]
        return all(ended)

    def run_due(self) -> int:
        """Do everything that is due, in this thread, and return how many jobs that were; for tools and tests."""
        done = 0
        self.keep_up()
        while claimed := self._claim():
            self._run(claimed)
            done += 1
        return done

    def keep_up(self) -> None:
        """Renew leases, enqueue what is scheduled, bury what kills its workers, and forget old jobs."""
        with self._lock:
            running = tuple(self._running.values())
        now = self._clock.now()
        with self._db.unit() as session:
            for claimed, run in running:
                if not queue.renew(session, claimed, until=now + self._tempo.lease):
                    run.lost.set()
            for job in queue.bury_poison(session, now=now):
                _log.error("job.dead", job=job, reason="poison")
            self._enqueue_scheduled(session)
            queue.forget_finished(session, before=now - self._tempo.retention)

    def _wake(self) -> None:
        for pump in self._pumps:
            pump.wake()

    def _step(self) -> float:
        if claimed := self._claim():
            self._run(claimed)
            return 0.0
        with self._db.reader() as session:
            due = queue.next_due(session, self._handlers.names)
        poll = self._tempo.poll.total_seconds()
        if due is None:
            return poll
        return min(poll, max(0.01, (due - self._clock.now()).total_seconds()))

    def _keep(self) -> float:
        self.keep_up()
        soon = min((item.every for item in self._handlers.recurring.values()), default=self._tempo.lease)
        return min(self._tempo.lease / 4, soon).total_seconds()

    def _claim(self) -> Claim | None:
        now = self._clock.now()
        with self._db.reader() as session:  # looking costs no write lock and no fsync
            due = queue.next_due(session, self._handlers.names)
        if due is None or due > now:
            return None
        with self._db.unit() as session:
            return queue.claim(session, self._handlers.names, now=now, lease=self._tempo.lease)

    def _run(self, claimed: Claim) -> None:
        run = Run(claimed.id, claimed.attempt)
        log = _log.bind(job=claimed.id, kind=claimed.kind, attempt=claimed.attempt)
        with self._lock:
            self._running[claimed.id, claimed.attempt] = (claimed, run)
        try:
            self._perform(claimed, run)
            log.info("job.done")
        except LeaseLost:
            log.warning("job.lost")
        except GiveUp as error:
            self._bury(claimed, str(error))
        except Exception as error:  # noqa: BLE001 - a handler may fail in any way; the job remembers how
            log.warning("job.failed", error=repr(error), trace=traceback.format_exc(limit=-8))
            self._put_back(claimed, error)
        finally:
            with self._lock:
                del self._running[claimed.id, claimed.attempt]

    def _perform(self, claimed: Claim, run: Run) -> None:
        kind, handle = self._handlers.find(claimed.kind)
        try:
            task = decode(kind, claimed.payload)
        except ValueError as error:
            raise GiveUp(f"its payload cannot be read: {error}") from error
        conclude = handle(task, run)
        with self._db.unit() as session:
            if not queue.finish(session, claimed, now=self._clock.now()):
                raise LeaseLost
            if conclude:
                conclude(session)

    def _put_back(self, claimed: Claim, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if claimed.attempt >= claimed.max_tries:
            self._bury(claimed, reason)
            return
        pause = self._tempo.pause(claimed.attempt, random.random())  # noqa: S311 - spreads retries, guards nothing
        with self._db.unit() as session:
            queue.retry(session, claimed, error=reason, at=self._clock.now() + pause)

    def _bury(self, claimed: Claim, reason: str) -> None:
        _log.error("job.dead", job=claimed.id, kind=claimed.kind, reason=reason)
        with self._db.unit() as session:
            queue.bury(session, claimed, error=reason, now=self._clock.now())

    def _register_schedules(self, session: Session) -> None:
        wanted = self._handlers.recurring
        session.execute(delete(ScheduleRow).where(ScheduleRow.name.not_in(wanted)))
        known = {row.name: row for row in session.scalars(select(ScheduleRow))}
        for name, item in wanted.items():
            row = known.get(name) or ScheduleRow(name=name, next_at=self._clock.now())
            row.every_us = item.every // _MICROSECOND
            session.add(row)

    def _enqueue_scheduled(self, session: Session) -> None:
        now = self._clock.now()
        for row in queue.due_schedules(session, now=now):
            item: Recurring | None = self._handlers.recurring.get(row.name)
            if item is None:
                continue
            missed = (now - row.next_at) // item.every
            row.next_at += item.every * (missed + 1)
            queue.enqueue(session, item.task, clock=self._clock, unique="schedule")
