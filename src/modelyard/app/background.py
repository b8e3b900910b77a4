"""The jobs and the consumers of events that this server does."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar

import structlog

from modelyard import accounts, hub
from modelyard.app.life import Background
from modelyard.app.parts import Parts
from modelyard.infra import Database
from modelyard.infra.jobs import Handlers, Run, Worker
from modelyard.infra.outbox import Consumers, Dispatcher
from modelyard.metering import Books

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SweepAccounts:
    """Forget expired sessions, spent links and empty throttle buckets."""

    name: ClassVar[str] = "accounts.sweep"


@dataclass(frozen=True, slots=True)
class CollectRepositories:
    """Remove the rows of repositories that were deleted."""

    name: ClassVar[str] = "hub.collect_deleted"


@dataclass(frozen=True, slots=True)
class VerifyBooks:
    """Check every promise of the ledger, holds and usage."""

    name: ClassVar[str] = "ledger.verify"


def background_of(parts: Parts, opened: ExitStack) -> Background:
    """Return what runs beside the requests; `opened` is closed after all of it has stopped."""
    infra = parts.infra
    handlers = Handlers()
    handlers.within(SweepAccounts, lambda session, _task: accounts.sweep(session, clock=infra.clock))
    handlers.every(SweepAccounts(), timedelta(hours=1))
    handlers.on(CollectRepositories, partial(_collect, infra.db))
    handlers.every(CollectRepositories(), timedelta(minutes=10))
    handlers.on(VerifyBooks, partial(_verify, parts.books))
    handlers.every(VerifyBooks(), timedelta(hours=1))
    worker = Worker(infra.db, handlers, infra.clock)
    dispatcher = Dispatcher(infra.db, Consumers(), infra.clock)
    parts.readiness.ask_thread("jobs", lambda: worker.alive)
    parts.readiness.ask_thread("events", lambda: dispatcher.alive)
    return Background(
        infra=infra,
        keeper=parts.keeper,
        runtime=parts.runtime,
        worker=worker,
        dispatcher=dispatcher,
        opened=opened,
    )


def _verify(books: Books, _task: VerifyBooks, _run: Run) -> None:
    """Verify the books; what is broken is logged, and shown with the numbers until a verification finds it mended."""
    for finding in books.verify().findings:
        _log.error("ledger.broken", check=finding.check, subject=finding.subject)


def _collect(db: Database, _task: CollectRepositories, run: Run) -> None:
    """Delete what is left of deleted repositories, in many short units of work."""
    while not run.lost.is_set():
        with db.unit() as session:
            if not hub.collect_deleted(session):
                return
