"""Work for later, enqueued in the business transaction and done at least once.

A task is a frozen dataclass with a stable `name`. A worker claims its job under a lease, runs the handler, and commits
what the handler did together with the mark that the job is done: so the effects in the database happen exactly once,
and everything else (a call to another system) at least once. A worker that dies loses its lease and the job is tried
again, with growing pauses, `max_tries` times in all; then it is dead, with the reason beside it.

    enqueue(session, IndexRepository(repo), clock=clock)          # in a unit of work
    handlers.within(IndexRepository, index)                       # index(session, task): short, in one unit of work
    handlers.on(ImportRepository, fetch)                          # fetch(task, run) -> conclude(session): long, outside
    handlers.every(SweepHolds(), timedelta(minutes=1))            # recurring

It is no message broker: order between jobs is not promised, and a payload holds ids, not documents.
"""

from modelyard.infra.jobs.models import JobRow, ScheduleRow, State
from modelyard.infra.jobs.queue import Backlog, backlog, cancel, enqueue, revive
from modelyard.infra.jobs.registry import Conclusion, GiveUp, Handlers, Run, Task
from modelyard.infra.jobs.worker import Worker

__all__ = [
    "Backlog",
    "Conclusion",
    "GiveUp",
    "Handlers",
    "JobRow",
    "Run",
    "ScheduleRow",
    "State",
    "Task",
    "Worker",
    "backlog",
    "cancel",
    "enqueue",
    "revive",
]
