"""Which handler does which task; filled by the composition root, then read only."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from modelyard.infra.records import Record
from modelyard.kernel import JobId

Task: TypeAlias = Record
T = TypeVar("T", bound=Record)

Conclusion: TypeAlias = Callable[[Session], None]
"""What a long handler wants written, in the unit of work that also marks its job as done."""


class GiveUp(Exception):
    """Raised by a handler when trying again is pointless: the job is dead at once, with this reason."""


@dataclass(frozen=True, slots=True)
class Run:
    """The present try of a job, for a handler that runs long.

    `lost` is set when the lease was lost or the job canceled: what the handler does from then on will not be
    committed, so it should stop.
    """

    job: JobId
    attempt: int
    lost: threading.Event = field(default_factory=threading.Event)


Long: TypeAlias = Callable[[T, Run], Conclusion | None]
Short: TypeAlias = Callable[[Session, T], None]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A task that is enqueued again and again."""

    task: Record
    every: timedelta


class Handlers:
    """The tasks that this process can do."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[type[Record], Long[Any]]] = {}
        self._recurring: dict[str, Recurring] = {}

    def on(self, kind: type[T], handle: Long[T]) -> None:
        """Register a handler that works outside of any transaction, and returns what is to be written, if anything."""
        if kind.name in self._by_name:
            raise ValueError(f"there is a handler for {kind.name} already")
        self._by_name[kind.name] = (kind, handle)

    def within(self, kind: type[T], handle: Short[T]) -> None:
        """Register a handler that works in the unit of work; it must be short, since SQLite has one writer."""
        self.on(kind, lambda task, _run: lambda session: handle(session, task))

    def every(self, task: Record, interval: timedelta) -> None:
        """Enqueue a task at each interval; times that were missed are made up by one run, not by many."""
        self._recurring[task.name] = Recurring(task, interval)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tasks that can be done here."""
        return tuple(self._by_name)

    @property
    def recurring(self) -> dict[str, Recurring]:
        """The recurring tasks by name."""
        return dict(self._recurring)

    def find(self, name: str) -> tuple[type[Record], Long[Any]]:
        """Return the class and the handler of a task name; raises KeyError."""
        return self._by_name[name]
