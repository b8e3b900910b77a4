"""All replicas of this process: who may start, who idles, and what their publishers want of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import Future

import structlog

from modelyard.infra import Infra
from modelyard.kernel import DeploymentId
from modelyard.serving import store
from modelyard.serving.engines import Engine
from modelyard.serving.errors import EngineMissing, ModelBusy, ModelStopped
from modelyard.serving.rules import Desired, Stage
from modelyard.serving.runtime.replica import Lease, Limits, Replica, Status, Surroundings
from modelyard.serving.service import CHANGES
from modelyard.serving.values import Deployment, Reached, Repositories

_log = structlog.get_logger(__name__)
_LOOK = 1.0
"""Seconds between two looks at idle replicas and at what other processes have changed."""


class Runtime:
    """Leases of warm models; starts them on demand, stops them when they idle, follows their publishers' wishes."""

    def __init__(
        self, infra: Infra, repositories: Repositories, *, engines: Mapping[str, Engine], limits: Limits | None = None
    ) -> None:
        self._infra = infra
        self._engines = engines
        self._limits = limits or Limits()
        self._around = Surroundings(
            clock=infra.clock,
            limits=self._limits,
            blob_path=repositories.blob_path,
            note=self._note,
            turn=asyncio.Semaphore(1),
        )
        self._replicas: dict[DeploymentId, Replica] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._noted: Future[None] | None = None

    async def open(self) -> None:
        """Begin to look after deployments; those that a server before left warm are asleep now."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._wake_up)
        self._infra.db.signals.subscribe(CHANGES, self._wake)
        self._task = asyncio.create_task(self._look_after(), name="serving runtime")

    async def close(self) -> None:
        """Stop every process; their deployments are asleep then."""
        self._infra.db.signals.unsubscribe(CHANGES, self._wake)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*(replica.retire(stopped=False) for replica in self._replicas.values()))
        self._replicas.clear()
        if self._noted is not None:
            await asyncio.wrap_future(self._noted)  # the writer keeps the order, so the last one is enough

    async def lease(self, deployment: Deployment) -> Lease:
        """Return a lease of a deployment that its publisher wants to run.

        Raises ModelStopped, ModelBusy, ModelStarting and ModelFailing, those worth another try with `retry_after`
        seconds in their data.
        """
        replica = self._replicas.get(deployment.id) or self._new(deployment)
        if not replica.warm:
            await self._make_room(replica)
        return await replica.acquire()

    def status(self, deployment: DeploymentId) -> Status | None:
        """What is going on with a deployment here; None while nobody asked for it. Any thread may call."""
        replica = self._replicas.get(deployment)
        return replica.status() if replica else None

    def _new(self, deployment: Deployment) -> Replica:
        if deployment.desired is not Desired.RUNNING:
            raise ModelStopped(model=deployment.model)
        engine = self._engines.get(deployment.engine)
        if engine is None:
            raise EngineMissing(reason=f"this server has no engine called {deployment.engine}")
        replica = self._replicas[deployment.id] = Replica(deployment, engine, self._around)
        return replica

    async def _make_room(self, wanted: Replica) -> None:
        """Put the model that was used longest ago to sleep when there are as many as may be in memory."""
        others = [each for each in self._replicas.values() if each is not wanted and (each.warm or each.busy)]
        if len(others) < self._limits.models:
            return
        idle = [each for each in others if not each.busy]
        if not idle:
            raise ModelBusy(model=wanted.deployment.model, retry_after=5)
        await min(idle, key=lambda each: each.last_used).stop()

    def _note(self, deployment: Deployment, reached: Reached) -> None:
        data = reached.failure.data if reached.failure else {}
        code = reached.failure.code if reached.failure else None
        _log.info("serving.stage", deployment=deployment.id, stage=reached.stage.value, code=code, **data)
        self._noted = self._infra.writer.submit(
            lambda statements: store.write_stage(statements, deployment.id, reached)
        )

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    def _wake_up(self) -> None:
        if not self._infra.db.is_sqlite:
            return  # because the warm ones may be another server's
        with self._infra.db.unit() as session:
            for deployment in store.standing_at(session, (Stage.VERIFYING, Stage.LOADING, Stage.WARM)):
                store.add_stage(session, deployment.id, Stage.ASLEEP, self._infra.clock.now())

    async def _look_after(self) -> None:
        while True:
            try:
                await self._follow_wishes()
                await self._put_idle_to_sleep()
            except Exception:  # noqa: BLE001 - whatever went wrong once must not leave models unattended for ever
                _log.exception("serving.look_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._woken.wait()
            self._woken.clear()

    async def _follow_wishes(self) -> None:
        desired, waiting = await asyncio.to_thread(self._wishes, tuple(self._replicas))
        for known, replica in tuple(self._replicas.items()):
            if desired.get(known, Desired.DELETED) is not Desired.RUNNING:
                del self._replicas[known]
                await replica.retire(stopped=True)
        for deployment in waiting:
            replica = self._replicas.get(deployment.id) or self._new(deployment)
            if replica.warm:
                self._note(deployment, Reached(Stage.WARM, self._infra.clock.now()))
            elif not replica.busy:
                await self._make_room(replica)
                replica.start_anew()

    def _wishes(self, known: tuple[DeploymentId, ...]) -> tuple[dict[DeploymentId, Desired], list[Deployment]]:
        with self._infra.db.reader() as session:
            return store.desired_by_id(session, known), store.standing_at(session, [Stage.QUEUED])

    async def _put_idle_to_sleep(self) -> None:
        now = asyncio.get_running_loop().time()
        for replica in tuple(self._replicas.values()):
            patience = replica.deployment.shape.idle_stop
            if patience and replica.warm and not replica.busy and now - replica.last_used >= patience:
                await replica.stop()
