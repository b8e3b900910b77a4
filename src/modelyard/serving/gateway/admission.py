"""An admitted request: money held, a model at hand, and the one place where both are given back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from modelyard.metering import Counter, Hold, HoldResolved, Receipt, Usage
from modelyard.serving.gateway.words import Spent, Timing
from modelyard.serving.rules import Bound
from modelyard.serving.runtime import Lease
from modelyard.serving.values import Deployment

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Admission:
    """Settles or voids its hold exactly once, whatever happens to the request, and releases its lease."""

    def __init__(
        self,
        counter: Counter,
        hold: Hold,
        deployment: Deployment,
        bound: Bound,
        timing: Timing,
        leave: Callable[[], None],
    ) -> None:
        self.hold = hold
        self.deployment = deployment
        self.bound = bound
        self.timing = timing
        self.lease: Lease | None = None
        self.lost: HoldResolved | None = None
        self._counter = counter
        self._leave: Callable[[], None] | None = leave
        self._resolved = False
        self._due: Spent | None = None
        self._checkpoint: asyncio.Task[None] | None = None

    async def settle(self, spent: Spent) -> Receipt:
        """Bill what was used; durable when it returns."""
        self._due = spent
        await self._last_checkpoint()
        receipt = await self._counter.settle(self.hold, spent.usage)
        self._resolved = True
        self.timing.lap("settle")
        return receipt

    async def give_up(self, spent: Spent | None = None) -> None:
        """Bill what was generated before the request ended early, or give all back if that is nothing.

        Does nothing when the hold was resolved; finishes although its own task is being cancelled. A settlement that
        was cut short is asked for again, which changes nothing if it had been written.
        """
        if not self._resolved:
            self._resolved = True
            await to_the_end(self._resolve(self._due or spent))

    def checkpoint(self, spent: Spent) -> None:
        """Keep what was used so far, in the background, unless the last checkpoint is still being written.

        It gives the hold its full time again; one that turns out to be gone is told by `lost`.
        """
        if self._checkpoint is None or self._checkpoint.done():
            self._checkpoint = asyncio.create_task(self._keep(spent.usage))

    def free_engine(self) -> None:
        """Let the next request have the connection to the engine."""
        if self.lease is not None:
            self.lease.end_turn()

    def close(self) -> None:
        """Give the lease and the request's id back; a second time changes nothing."""
        if self.lease is not None:
            self.lease.release()
        if self._leave is not None:
            self._leave()
            self._leave = None

    async def _resolve(self, spent: Spent | None) -> None:
        await self._last_checkpoint()
        try:
            if spent is not None and spent.completion:
                await self._counter.settle(self.hold, spent.usage)
            else:
                await self._counter.void(self.hold)
        except HoldResolved as error:
            _log.warning("gateway.resolved_by_others", request=self.hold.request, state=error.data.get("state"))

    async def _last_checkpoint(self) -> None:
        if self._checkpoint is not None:
            await self._checkpoint

    async def _keep(self, usage: Usage) -> None:
        try:
            await self._counter.checkpoint(self.hold, usage)
        except HoldResolved as error:
            self.lost = error
        except Exception:  # noqa: BLE001 - a checkpoint is a precaution, and the answer goes on without it
            _log.exception("gateway.checkpoint_failed", request=self.hold.request)


async def to_the_end(work: Coroutine[Any, Any, T], *, within: float | None = None) -> T:
    """Finish a piece of work although the task that asked for it is cancelled, be it again and again.

    Work that takes more than `within` seconds from then on is cancelled too.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if within is not None:
            asyncio.get_running_loop().call_later(within, task.cancel)
        await _outlast(task)
        raise


async def _outlast(task: asyncio.Future[Any]) -> None:
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("gateway.nobody_listened", error=repr(error))
