"""The gateway's verbs: admit a request, have it answered, settle it."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from modelyard import accounts
from modelyard.accounts import Scope
from modelyard.infra import Infra
from modelyard.kernel import AccountId, DomainError
from modelyard.metering import Ask, Counter, HoldResolved, HoldState, RequestId, StaleEpoch, Usage
from modelyard.serving import rules
from modelyard.serving.errors import CapabilityMissing, EngineDied, RequestInProgress
from modelyard.serving.gateway import upstream
from modelyard.serving.gateway.admission import Admission, to_the_end
from modelyard.serving.gateway.assemble import assemble
from modelyard.serving.gateway.snapshot import Snapshots
from modelyard.serving.gateway.stream import Stream
from modelyard.serving.gateway.tally import read_whole
from modelyard.serving.gateway.words import Call, Known, Timing, Who, Whole
from modelyard.serving.rules import Bound
from modelyard.serving.runtime import Lease, Runtime
from modelyard.serving.values import Deployment, Repositories

_log = structlog.get_logger(__name__)
_TRIES = 8
_SHORT = 64
"""Answers of at most so many tokens are asked for whole: cheaper, and no more is lost to a client that goes."""


class Gateway:
    """Stands before every engine: no work without a durable hold, no last byte without a durable settlement.

    whole = await gateway.whole(who, call)
    stream = await gateway.stream(who, call)      # then iterate it to its end, or close it

    Both raise what `Snapshots.look_up`, `Counter.reserve`, `Runtime.lease` and `upstream.send` raise; until they return
    nothing was billed. Cancelling the task aborts the generation.
    """

    def __init__(self, infra: Infra, counter: Counter, runtime: Runtime, repositories: Repositories) -> None:
        self._clock = infra.clock
        self._counter = counter
        self._runtime = runtime
        self._snapshots = Snapshots(infra, repositories)
        self._answering: set[str] = set()

    async def models(self, who: Who) -> list[Deployment]:
        """Return the running models that the caller may use, by name."""
        return await self._snapshots.models(who)

    async def whole(self, who: Who, call: Call) -> Whole:
        """Answer in one piece."""
        admission = await self._admit(who, call)
        if admission.bound.choices == 1 and admission.bound.each <= _SHORT:
            return await self._short(admission, call)
        stream = await self._open(admission, call)
        payloads = [payload async for heard in stream for payload in heard]
        if stream.receipt is None:
            raise EngineDied(retry_after=2)
        return Whole(assemble(payloads, stream.spent), stream.spent, stream.receipt, stream.timing)

    async def stream(self, who: Who, call: Call) -> Stream:
        """Answer as it is generated; the engine has accepted the request when this returns."""
        return await self._open(await self._admit(who, call), call)

    async def _open(self, admission: Admission, call: Call) -> Stream:
        try:
            lease = await self._lease(admission, call)
            response = await upstream.send(lease, call, each=admission.bound.each, stream=True)
            admission.timing.lap("first")
        except BaseException:
            await _abandon(admission)
            raise
        return Stream(admission, response, lease.model.endpoint.dialect)

    async def _short(self, admission: Admission, call: Call) -> Whole:
        try:
            lease = await self._lease(admission, call)
            response = await upstream.send(lease, call, each=admission.bound.each, stream=False)
            body, spent = read_whole(await response.read(), lease.model.endpoint.dialect)
            admission.timing.lap("engine")
            receipt = await admission.settle(spent)
        except upstream.LOST as error:
            await _abandon(admission)
            raise EngineDied(retry_after=2) from error
        except BaseException:
            await _abandon(admission)
            raise
        admission.close()
        return Whole(body, spent, receipt, admission.timing)

    async def _lease(self, admission: Admission, call: Call) -> Lease:
        lease = admission.lease = await self._runtime.lease(admission.deployment)
        able = lease.model.capabilities
        if call.tools and not able.tools:
            raise CapabilityMissing(field="tools", model=call.model, what="tools")
        if call.chat and not able.chat:
            raise CapabilityMissing(field="messages", model=call.model, what="chat")
        admission.timing.lap("start")
        return lease

    async def _admit(self, who: Who, call: Call) -> Admission:
        """Hold the bound of a request; a snapshot that turns out stale is read anew."""
        timing, resolved = Timing(), 0
        for _ in range(_TRIES):
            known = await self._snapshots.look_up(who, call.model)
            try:
                return await self._hold(known, call, resolved, timing)
            except StaleEpoch:
                self._snapshots.forget()
            except HoldResolved as error:
                if error.data.get("state") == HoldState.SETTLED:
                    raise
                resolved += 1  # an earlier try under this key came to nothing, so this one is a try of its own
        raise StaleEpoch

    async def _hold(self, known: Known, call: Call, resolved: int, timing: Timing) -> Admission:
        ask, bound = self._ask(known, call, resolved)
        request = ask.request
        if request in self._answering:
            raise RequestInProgress
        self._answering.add(request)
        leave = partial(self._answering.discard, request)
        try:
            hold = await self._counter.reserve(ask)
        except asyncio.CancelledError:
            await to_the_end(self._take_back(ask))
            leave()
            raise
        except BaseException:
            leave()
            raise
        admission = Admission(self._counter, hold, known.deployment, bound, timing, leave)
        admission.timing.lap("hold")
        return admission

    def _ask(self, known: Known, call: Call, resolved: int) -> tuple[Ask, Bound]:
        deployment = known.deployment
        account = accounts.require_user(known.actor, Scope.INFERENCE)
        bound = rules.bound(deployment.shape, size=call.size, asked=call.max_tokens, choices=call.choices)
        ask = Ask(
            request=_name(call, account, resolved),
            account=account,
            seller=deployment.owner,
            product=deployment.id,
            price=known.prices.at(self._clock.now()) if known.prices else None,
            bound=Usage(bound.prompt, bound.completion),
            epoch=known.epoch,
            token=known.actor.token,
        )
        return ask, bound

    async def _take_back(self, ask: Ask) -> None:
        """Void a hold whose caller went away while it was being written."""
        try:
            await self._counter.void(await self._counter.reserve(ask))
        except DomainError as error:
            _log.info("gateway.nothing_to_take_back", request=ask.request, code=error.code)


async def _abandon(admission: Admission) -> None:
    try:
        await admission.give_up()
    finally:
        admission.close()


def _name(call: Call, account: AccountId, resolved: int) -> RequestId:
    if not call.named:
        return RequestId(call.request)
    return RequestId(f"{account}:{call.request}" + (f"~{resolved}" if resolved else ""))
