"""Keep one child alive, until told to stop or until it makes no sense."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable

import structlog

from modelyard.infra.processes.log import LogRing
from modelyard.infra.processes.process import Process
from modelyard.infra.processes.words import (
    Command,
    Event,
    Exit,
    Exited,
    GaveUp,
    Notify,
    Patience,
    Ready,
    Restart,
    Staged,
    Started,
    StartFailed,
    State,
)

_log = structlog.get_logger(__name__)


class Supervisor:
    """Run a command, tell what happens to it, and start it again with backoff when it dies.

    `plan` is called before each start, so that each run may have its own port and key. `notify` hears every event, in
    order, in the event loop's thread; it must not block. `chance` gives the jitter, in [0, 1).
    """

    def __init__(
        self,
        plan: Callable[[], Command],
        *,
        patience: Patience | None = None,
        restart: Restart | None = None,
        notify: Notify = lambda _event: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._plan = plan
        self._patience = patience or Patience()
        self._restart = restart or Restart()
        self._notify = notify
        self._chance = chance
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._outcome: asyncio.Future[Ready | StartFailed] | None = None
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._deaths: deque[float] = deque()
        self.state = State.STOPPED
        self.log = LogRing()

    async def start(self) -> Ready:
        """Start the child unless it runs, and wait until it is ready; any number of callers share one start.

        Raises `StartFailed` when the supervisor gave up or was stopped meanwhile.
        """
        async with self._turn:
            if self._task is None or self._task.done():
                self._stopping.clear()
                self._deaths.clear()
                self._outcome = asyncio.get_running_loop().create_future()
                self.state = State.STARTING
                self._task = asyncio.create_task(self._keep_alive())
        return await self.ready()

    async def ready(self) -> Ready:
        """Wait until the child is ready, through restarts; raises `StartFailed` when it will not be."""
        if self._outcome is None:
            raise StartFailed("stopped", "the process was not started", final=False)
        outcome = await asyncio.shield(self._outcome)
        if isinstance(outcome, StartFailed):
            raise StartFailed(outcome.code, outcome.reason, final=outcome.final, tail=outcome.tail)
        return outcome

    async def stop(self) -> None:
        """Stop the child gracefully and keep it stopped; returns when it is dead."""
        async with self._turn:
            if self._task is None or self._task.done():
                return
            self._stopping.set()
            self.state = State.STOPPING
            if self._process:
                await self._process.stop()
            await self._task

    def kill(self) -> None:
        """Kill the child, which does not do its work any more; it is started again as after any other death."""
        if self._process:
            self._process.kill()

    def rss_bytes(self) -> int | None:
        """Resident memory of the child in bytes; None when there is none."""
        return self._process.rss_bytes() if self._process else None

    async def _keep_alive(self) -> None:
        loop, restarts = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            failure = await self._run_once(restarts + 1)
            if self._stopping.is_set():
                return self._settle(State.STOPPED, StartFailed("stopped", "the process was stopped", final=False))
            if failure.final or self._loops(loop.time()):
                return self._give_up(failure)
            if loop.time() - began >= self._restart.stable:
                restarts = 0
            self.state = State.WAITING
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._restart.delay(restarts, self._chance())):
                    await self._stopping.wait()
            restarts += 1

    async def _run_once(self, attempt: int) -> StartFailed:
        """One life of the child, from spawn to death; returns why it ended."""
        if self._stopping.is_set():
            return StartFailed("stopped", "the process was stopped", final=False)
        self.state = State.STARTING
        try:
            process = await Process.launch(self._plan(), patience=self._patience, log=self.log)
        except StartFailed as failure:
            return failure
        self._process = process
        process.on_stage = lambda stage: self._tell(Staged(process.pid, stage))
        self._tell(Started(process.pid, attempt))
        try:
            return await self._watch(process)
        finally:
            process.kill()
            self._process = None

    async def _watch(self, process: Process) -> StartFailed:
        if self._stopping.is_set():
            process.kill()
        try:
            ready = await process.ready()
        except StartFailed as failure:
            self._tell(Exited(process.pid, await process.wait(), asked=self._stopping.is_set()))
            return failure
        self._settle(State.READY, ready)
        self._tell(ready)
        ended = await process.wait()
        self._outcome = asyncio.get_running_loop().create_future()
        self._tell(Exited(process.pid, ended, asked=self._stopping.is_set()))
        return _died(ended)

    def _loops(self, now: float) -> bool:
        self._deaths.append(now)
        while now - self._deaths[0] > self._restart.window:
            self._deaths.popleft()
        return len(self._deaths) >= self._restart.crashes

    def _give_up(self, last: StartFailed) -> None:
        code, reason = last.code, last.reason
        if not last.final:
            code = "crash_loop" if code == "exited" else code
            reason = f"{len(self._deaths)} failures within {self._restart.window:g} s, the last: {reason}"
        self._settle(State.GAVE_UP, StartFailed(code, reason, final=last.final, tail=self.log.tail(20)))
        self._tell(GaveUp(code, reason))

    def _settle(self, state: State, outcome: Ready | StartFailed) -> None:
        self.state = state
        if self._outcome and not self._outcome.done():
            self._outcome.set_result(outcome)

    def _tell(self, event: Event) -> None:
        try:
            self._notify(event)
        except Exception:  # noqa: BLE001 - a listener's fault is its own; supervision goes on
            _log.exception("process.listener_failed", process_event=type(event).__name__)


def _died(ended: Exit) -> StartFailed:
    return StartFailed("exited", f"the process {ended}", final=False, tail=ended.tail)
