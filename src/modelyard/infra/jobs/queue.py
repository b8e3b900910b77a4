"""Every query on jobs, given a session."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modelyard.infra.ids import mint
from modelyard.infra.jobs.models import JobRow, ScheduleRow, State
from modelyard.infra.records import Record, encode
from modelyard.infra.signals import wake_after_commit
from modelyard.kernel import Clock, JobId

TOPIC = "jobs"
MAX_ERROR = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in a worker's hands; `attempt` is its fencing token."""

    id: JobId
    kind: str
    payload: dict[str, Any]
    attempt: int
    max_tries: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many jobs are in a state."""

    kind: str
    state: State
    jobs: int


def enqueue(
    session: Session,
    task: Record,
    *,
    clock: Clock,
    after: timedelta = timedelta(0),
    unique: str | None = None,
    max_tries: int = 8,
) -> JobId:
    """Have a task done once this transaction has committed, or `after` that.

    With `unique`, a task of the same name and key that still waits is returned instead. One that already runs does not
    count: it may have read what this transaction is about to change.
    """
    now = clock.now()
    if unique is not None and (waiting := _waiting(session, task.name, unique)):
        return waiting
    job = JobRow(
        id=JobId(mint("job", clock)),
        kind=task.name,
        payload=encode(task),
        state=State.READY,
        run_at=now + after,
        tries=0,
        max_tries=max_tries,
        unique_key=unique,
        created_at=now,
    )
    wake_after_commit(session, TOPIC)
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:  # on PostgreSQL another transaction enqueued the twin meanwhile; look again
        return enqueue(session, task, clock=clock, after=after, unique=unique, max_tries=max_tries)
    return job.id


def cancel(session: Session, job: JobId, *, clock: Clock) -> bool:
    """Take a job back, and tell whether it was not finished yet; a running try will not be committed."""
    changed = session.execute(
        update(JobRow)
        .where(JobRow.id == job, JobRow.state.in_((State.READY, State.RUNNING)))
        .values(state=State.CANCELED, finished_at=clock.now(), lease_until=None)
        .returning(JobRow.id)
    )
    return changed.first() is not None


def revive(session: Session, job: JobId, *, clock: Clock) -> bool:
    """Give a dead job all its tries again, and tell whether it was dead."""
    changed = session.execute(
        update(JobRow)
        .where(JobRow.id == job, JobRow.state == State.DEAD)
        .values(state=State.READY, run_at=clock.now(), tries=0, finished_at=None, unique_key=None)
        .returning(JobRow.id)
    )
    wake_after_commit(session, TOPIC)
    return changed.first() is not None


def backlog(session: Session) -> list[Backlog]:
    """Count the jobs by kind and state."""
    rows = session.execute(select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state))
    return [Backlog(kind, State(state), jobs) for kind, state, jobs in rows]


def next_due(session: Session, kinds: Collection[str]) -> datetime | None:
    """Return when the next job of these kinds becomes claimable; None when none waits."""
    ready = select(func.min(JobRow.run_at)).where(JobRow.kind.in_(kinds), JobRow.state == State.READY)
    leased = select(func.min(JobRow.lease_until)).where(JobRow.kind.in_(kinds), JobRow.state == State.RUNNING)
    times = [when for query in (ready, leased) if (when := session.execute(query).scalar()) is not None]
    return min(times, default=None)


def claim(session: Session, kinds: Collection[str], *, now: datetime, lease: timedelta) -> Claim | None:
    """Take the job that is due longest, or that a dead worker left; None when there is none."""
    due = or_(
        and_(JobRow.state == State.READY, JobRow.run_at <= now),
        and_(JobRow.state == State.RUNNING, JobRow.lease_until < now, JobRow.tries < JobRow.max_tries),
    )
    first = (
        select(JobRow.id)
        .where(JobRow.kind.in_(kinds), due)
        .order_by(JobRow.run_at, JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has no such clause, and needs none: it has one writer
    )
    row = session.execute(
        update(JobRow)
        .where(JobRow.id == first.scalar_subquery())
        .values(state=State.RUNNING, tries=JobRow.tries + 1, lease_until=now + lease)
        .returning(JobRow.id, JobRow.kind, JobRow.payload, JobRow.tries, JobRow.max_tries)
        .execution_options(synchronize_session=False)
    ).first()
    return Claim(*row) if row else None


def renew(session: Session, claimed: Claim, *, until: datetime) -> bool:
    """Prolong a lease; False when the job is not ours any more."""
    return _held(session, claimed, lease_until=until)


def finish(session: Session, claimed: Claim, *, now: datetime) -> bool:
    """Mark a job as done; False when it is not ours any more."""
    return _held(session, claimed, state=State.DONE, finished_at=now, lease_until=None, last_error=None)


def retry(session: Session, claimed: Claim, *, error: str, at: datetime) -> bool:
    """Put a job back for later; when its twin waits already, it is canceled in favor of that one."""
    key = session.execute(select(JobRow.unique_key).where(JobRow.id == claimed.id)).scalar()
    state = State.CANCELED if key and _waiting(session, claimed.kind, key) else State.READY
    finished = at if state is State.CANCELED else None
    return _held(
        session, claimed, state=state, run_at=at, lease_until=None, last_error=error[:MAX_ERROR], finished_at=finished
    )


def bury(session: Session, claimed: Claim, *, error: str, now: datetime) -> bool:
    """Mark a job as dead, with the reason."""
    return _held(session, claimed, state=State.DEAD, finished_at=now, lease_until=None, last_error=error[:MAX_ERROR])


def bury_poison(session: Session, *, now: datetime) -> list[JobId]:
    """Mark as dead what took its worker along at each of its tries; return those jobs."""
    rows = session.execute(
        update(JobRow)
        .where(JobRow.state == State.RUNNING, JobRow.lease_until < now, JobRow.tries >= JobRow.max_tries)
        .values(
            state=State.DEAD,
            finished_at=now,
            lease_until=None,
            last_error="its worker died or hung at each of its tries",
        )
        .returning(JobRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(rows.scalars())


def forget_finished(session: Session, *, before: datetime) -> int:
    """Delete jobs that were done or canceled before an instant; dead ones stay until someone looks at them."""
    over = JobRow.state.in_((State.DONE, State.CANCELED))
    rows = session.execute(delete(JobRow).where(over, JobRow.finished_at < before).returning(JobRow.id))
    return len(rows.all())


def due_schedules(session: Session, *, now: datetime) -> list[ScheduleRow]:
    """Return the recurring tasks whose time has come, locked."""
    query = select(ScheduleRow).where(ScheduleRow.next_at <= now).with_for_update(skip_locked=True)
    return list(session.scalars(query))


def _waiting(session: Session, kind: str, key: str) -> JobId | None:
    return session.scalar(
        select(JobRow.id).where(JobRow.kind == kind, JobRow.unique_key == key, JobRow.state == State.READY)
    )


def _held(session: Session, claimed: Claim, **values: object) -> bool:
    changed = session.execute(
        update(JobRow)
        .where(JobRow.id == claimed.id, JobRow.state == State.RUNNING, JobRow.tries == claimed.attempt)
        .values(**values)
        .returning(JobRow.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None
