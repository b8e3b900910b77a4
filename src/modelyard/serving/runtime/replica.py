"""One model on this machine: its process, the way to it, and who is using it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import structlog

from modelyard.infra.processes import Command, Event, Exited, GaveUp, Patience, Ready, Started, StartFailed, Supervisor
from modelyard.infra.randomness import random_text
from modelyard.kernel import Clock, DomainError
from modelyard.serving import failures
from modelyard.serving.engines import Capabilities, Endpoint, Engine, ModelFacts, Orders
from modelyard.serving.errors import (
    EngineCrashing,
    ModelBusy,
    ModelFailing,
    ModelFileAbsent,
    ModelStarting,
    ModelStopped,
)
from modelyard.serving.rules import Stage, pause
from modelyard.serving.runtime.client import answers, connect
from modelyard.serving.values import Deployment, Reached

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine allows: models in memory at once, requests that wait for one, threads of an engine, seconds.

    A request waits `patience` for a cold model, then `queue` for its turn at a busy one; a stop waits `drain` for the
    requests that run. An engine that seems to hear nobody has `probe` to prove that it does.
    """

    models: int = 4
    waiting: int = 256
    threads: int = 2
    patience: float = 60.0
    loading: float = 600.0
    drain: float = 30.0
    queue: float = 60.0
    probe: float = 10.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that answers."""

    endpoint: Endpoint
    session: aiohttp.ClientSession
    turns: asyncio.Semaphore
    facts: ModelFacts
    capabilities: Capabilities
    context: int


@dataclass(frozen=True, slots=True)
class Status:
    """What is going on with a deployment on this machine; memory in bytes."""

    stage: Stage
    in_flight: int
    memory: int | None
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every replica of a runtime shares."""

    clock: Clock
    limits: Limits
    blob_path: Callable[[str], Path | None]
    note: Callable[[Deployment, Reached], None]
    turn: asyncio.Semaphore


class Lease:
    """The right to send one request to a loaded model, in its turn; give it back by leaving its block."""

    __slots__ = ("_has_turn", "_replica", "model")

    def __init__(self, replica: Replica, model: Loaded) -> None:
        self._replica: Replica | None = replica
        self._has_turn = False
        self.model = model

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    async def turn(self) -> None:
        """Wait until the engine has a connection free: no more than it has threads, the others wait in their order.

        Raises ModelBusy when that takes longer than a request may wait.
        """
        turns = self.model.turns
        if turns.locked() and self._replica is not None:
            await self._replica.wait_for(turns)
        else:
            await turns.acquire()
        self._has_turn = True

    def end_turn(self) -> None:
        """Let the next request have the connection; a second time changes nothing."""
        if self._has_turn:
            self._has_turn = False
            self.model.turns.release()

    def heard(self) -> None:
        """Note that the engine has answered."""
        if self._replica is not None:
            self._replica.heard()

    def unheard(self) -> None:
        """Note that the request was given up before the engine had said anything to it."""
        if self._replica is not None:
            self._replica.unheard(self.model)

    def release(self) -> None:
        """Give the right back; a second time changes nothing."""
        self.end_turn()
        if self._replica is not None:
            self._replica.give_back()
            self._replica = None


class Replica:
    """A deployment's process; it is started once for however many requests wait for it."""

    def __init__(self, deployment: Deployment, engine: Engine, around: Surroundings) -> None:
        self.deployment = deployment
        self.stage = Stage.ASLEEP
        self.in_flight = 0
        self.last_used = asyncio.get_running_loop().time()
        self._engine = engine
        self._around = around
        self._loaded: Loaded | None = None
        self._facts: ModelFacts | None = None
        self._orders: Orders | None = None
        self._path: Path | None = None
        self._closing = self._retired = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self._failure: DomainError | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._unheard = 0
        self._probing: asyncio.Task[None] | None = None
        patience = Patience(stages={"loading": around.limits.loading})
        self._supervisor = Supervisor(self._plan, patience=patience, notify=self._hear)

    @property
    def warm(self) -> bool:
        """Whether a request would be answered at once."""
        return self._loaded is not None and not self._closing

    @property
    def busy(self) -> bool:
        """Whether it is in use, starting or stopping."""
        return self.in_flight > 0 or self._closing or (self._starting is not None and not self._starting.done())

    def status(self) -> Status:
        """What is going on; any thread may ask."""
        return Status(self.stage, self.in_flight, self._supervisor.rss_bytes(), self._supervisor.log.tail(100))

    async def acquire(self) -> Lease:
        """Return a lease, after a start if need be.

        Raises ModelBusy, ModelStarting when the start takes longer than a request may wait, ModelFailing, and
        ModelStopped.
        """
        if self.in_flight >= self._around.limits.waiting:
            raise ModelBusy(model=self.deployment.model, retry_after=1)
        self.in_flight += 1
        self._idle.clear()
        try:
            return Lease(self, self._loaded if self.warm and self._loaded else await self._awaited())
        except BaseException:
            self.give_back()
            raise

    def give_back(self) -> None:
        """One request less; only a lease calls it."""
        self.in_flight -= 1
        self.last_used = asyncio.get_running_loop().time()
        if not self.in_flight:
            self._idle.set()

    async def wait_for(self, turns: asyncio.Semaphore) -> None:
        """Take a turn at a busy engine; only a lease calls it."""
        try:
            async with asyncio.timeout(self._around.limits.queue):
                await turns.acquire()
        except TimeoutError as error:
            raise ModelBusy(model=self.deployment.model, retry_after=5) from error

    def heard(self) -> None:
        """The engine has said something; only a lease calls it."""
        self._unheard = 0

    def unheard(self, model: Loaded) -> None:
        """One more request was given up that the engine may still be at; only a lease calls it.

        An engine goes on with what it has begun, whoever left. When all its connections may be taken by that, and it
        says nothing to somebody new either, it is killed and started again.
        """
        self._unheard += 1
        probing = self._probing is not None and not self._probing.done()
        if self._unheard >= model.endpoint.connections and model is self._loaded and not probing:
            self._probing = asyncio.create_task(self._probe(model), name=f"probe {self.deployment.id}")

    def start_anew(self) -> None:
        """Start as if it had never failed, unless a start is under way."""
        self._failures, self._retry_at = 0, 0.0
        self._starting = self._start_once()

    async def retire(self, *, stopped: bool) -> None:
        """Stop for good, in the middle of a start too; requests that wait for it get ModelStopped.

        `stopped` tells that its publisher wanted it, and has noted so.
        """
        self._retired = True
        if self._starting is not None:
            self._starting.cancel()
        await self.stop(note=not stopped)

    async def stop(self, *, note: bool = True) -> None:
        """Let running requests end and stop the process; a later request starts it again."""
        async with self._turn:
            self._closing = True
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._around.limits.drain):
                        await self._idle.wait()
                await self._supervisor.stop()
                self._unload()
                if note and self.stage is not Stage.FAILED:
                    self._reach(Stage.ASLEEP)
            finally:
                self._closing = False

    async def _probe(self, model: Loaded) -> None:
        if await answers(model.endpoint, within=self._around.limits.probe):
            self._unheard = 0
        elif model is self._loaded:
            _log.warning("serving.engine_stuck", deployment=self.deployment.id)
            self._supervisor.kill()

    async def _awaited(self) -> Loaded:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._around.limits.patience
        while not self._retired:
            if self._failure is not None and loop.time() < self._retry_at:
                raise self._failing(int(self._retry_at - loop.time()) + 1)
            await asyncio.wait({self._start_once()}, timeout=deadline - loop.time())
            if self._loaded is not None and not self._closing:
                return self._loaded
            if loop.time() >= deadline:
                raise ModelStarting(model=self.deployment.model, retry_after=5)
        raise ModelStopped(model=self.deployment.model)

    def _start_once(self) -> asyncio.Task[None]:
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start(), name=f"start {self.deployment.id}")
            self._starting.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._starting

    async def _start(self) -> None:
        async with self._turn:
            if self._loaded is not None:
                return
            self.stage = Stage.QUEUED
            try:
                async with self._around.turn:
                    await self._verify()
                    self._reach(Stage.LOADING)
                    await self._supervisor.start()
            except StartFailed as error:
                self._fail(failures.of_process(error))
            except DomainError as error:
                self._fail(error)

    async def _verify(self) -> None:
        self._reach(Stage.VERIFYING)
        path = await asyncio.to_thread(self._around.blob_path, self.deployment.file.sha256)
        if path is None:
            raise ModelFileAbsent
        self._facts = await asyncio.to_thread(self._engine.inspect, path)
        self._path = path

    def _plan(self) -> Command:
        if self._facts is None or self._path is None:
            raise StartFailed("not_verified", "the file was not verified", final=True)
        shape = self.deployment.shape
        self._orders = Orders(
            path=self._path,
            alias=self.deployment.model,
            key=random_text(),
            context=min(shape.context, self._facts.context_length),
            slots=shape.slots,
            threads=self._around.limits.threads,
        )
        return self._engine.command(self._orders)

    def _hear(self, event: Event) -> None:
        match event:
            case Started() if self.stage is Stage.FAILED:
                self._reach(Stage.LOADING)
            case Ready():
                self._load(event)
            case Exited(asked=False):
                died_in, was_loaded = self.stage, self._loaded is not None
                self._unload()
                if was_loaded:
                    self._reach(Stage.FAILED, died_in, EngineCrashing(reason=f"the process {event.exit}"))
            case GaveUp() if self._starting is None or self._starting.done():  # else the start itself tells
                self._fail(failures.of_process(StartFailed(event.code, event.reason, final=True)))

    def _load(self, ready: Ready) -> None:
        if self._orders is None or self._facts is None:
            return
        endpoint = self._engine.endpoint(self._orders, ready.info)
        self._loaded = Loaded(
            endpoint=endpoint,
            session=connect(endpoint),
            turns=asyncio.Semaphore(endpoint.connections),
            facts=self._facts,
            capabilities=self._engine.capabilities(self._facts),
            context=self._orders.context,
        )
        self._failure, self._failures, self._unheard = None, 0, 0
        self._reach(Stage.WARM)

    def _unload(self) -> None:
        if self._loaded is not None:
            loaded, self._loaded = self._loaded, None
            closing = asyncio.ensure_future(loaded.session.close())
            closing.add_done_callback(lambda task: task.exception())

    def _fail(self, failure: DomainError) -> None:
        self._failures += 1
        self._failure = failure
        self._retry_at = asyncio.get_running_loop().time() + pause(self._failures)
        self._reach(Stage.FAILED, self.stage, failure)

    def _failing(self, retry_after: int) -> ModelFailing:
        reason = self._failure.sentence_in_english() if self._failure else "no reason is known"
        return ModelFailing(model=self.deployment.model, reason=reason, retry_after=retry_after)

    def _reach(self, stage: Stage, during: Stage | None = None, failure: DomainError | None = None) -> None:
        self.stage = stage
        self._around.note(self.deployment, Reached(stage, self._around.clock.now(), during, failure))
