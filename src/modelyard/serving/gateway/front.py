"""The gateway's verbs: admit a request, have it answered, settle it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
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
from modelyard.serving.gateway.words import Call, Known, Spent, Timing, Who, Whole
from modelyard.serving.rules import Bound
from modelyard.serving.runtime import Lease, Runtime
from modelyard.serving.values import Deployment, Repositories

_log = structlog.get_logger(__name__)
_STALE = 2
"""Snapshots that may turn out stale; the next one is read while nothing can change, so that nobody can be kept out."""

_MOST_TRIES = 100
"""Tries that may come to nothing under one key of a client."""

_LATE = 5_000.0
"""Milliseconds of waiting for a model after which its hold is given its full time again."""

_SHORT = 64
_SHORT_PROMPT = 16 * 1024
"""Answers of at most so many tokens, to requests of at most so many bytes, are asked for whole: that is cheaper."""

_LINGER = 30.0
"""Seconds for which a short answer may go on when its client has gone."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    deployment: Deployment
    bound: Bound
    ask: Ask


class Gateway:
    """Stands before every engine: no work without a durable hold, no last byte without a durable settlement.

    whole = await gateway.whole(who, call)
    stream = await gateway.stream(who, call)      # then iterate it to its end, or close it

    Both raise what `Snapshots.look_up`, `Counter.reserve`, `Runtime.lease` and `upstream.send` raise; until they return
    nothing was billed. Cancelling the task aborts the generation; a short answer is finished and billed all the same.
    """

    def __init__(self, infra: Infra, counter: Counter, runtime: Runtime, repositories: Repositories) -> None:
        self._clock = infra.clock
        self._counter = counter
        self._runtime = runtime
        self._snapshots = Snapshots(infra, repositories)
        self._answering: set[str] = set()

    async def check(self, who: Who) -> None:
        """Raise SignInRequired, InvalidToken or Forbidden for those who may ask nothing; cheap for the others."""
        await self._snapshots.check(who)

    async def models(self, who: Who) -> list[Deployment]:
        """Return the running models that the caller may use, by name."""
        return await self._snapshots.models(who)

    async def whole(self, who: Who, call: Call) -> Whole:
        """Answer in one piece."""
        admission = await self._admit(who, call)
        if _is_short(admission.bound, call):
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
        """Ask for a short answer whole; once it is asked for it is billed, whether or not the client waits for it."""
        try:
            lease = await self._lease(admission, call)
        except BaseException:
            await _abandon(admission)
            raise
        return await to_the_end(_short_answer(admission, lease, call), within=_LINGER)

    async def _lease(self, admission: Admission, call: Call) -> Lease:
        lease = admission.lease = await self._runtime.lease(admission.deployment)
        able = lease.model.capabilities
        if call.tools and not able.tools:
            raise CapabilityMissing(field="tools", model=call.model, what="tools")
        if call.chat and not able.chat:
            raise CapabilityMissing(field="messages", model=call.model, what="chat")
        await lease.turn()
        admission.timing.lap("start")
        if admission.timing.parts["start"] > _LATE:
            admission.checkpoint(Spent(0, 0))
        return lease

    async def _admit(self, who: Who, call: Call) -> Admission:
        """Hold the bound of a request; a snapshot that turns out stale is read anew."""
        timing, stale, resolved = Timing(), 0, 0
        while True:
            try:
                return await self._hold(who, call, timing, stale=stale, resolved=resolved)
            except StaleEpoch:
                if stale > _STALE:
                    raise
                stale += 1
                self._snapshots.forget()
            except HoldResolved as error:
                if error.data.get("state") == HoldState.SETTLED or resolved >= _MOST_TRIES:
                    raise
                resolved += 1  # an earlier try under this key came to nothing, so this one is a try of its own

    async def _hold(self, who: Who, call: Call, timing: Timing, *, stale: int, resolved: int) -> Admission:
        wanted = [self._want(await self._snapshots.look_up(who, call.model), call, resolved)]
        request = wanted[0].ask.request
        if request in self._answering:
            raise RequestInProgress
        self._answering.add(request)
        leave = partial(self._answering.discard, request)

        def fresh() -> Ask:
            wanted[0] = self._want(self._snapshots.load(who, call.model), call, resolved)
            return wanted[0].ask

        try:
            reserve = self._counter.reserve(wanted[0].ask) if stale < _STALE else self._counter.reserve_fresh(fresh)
            hold = await reserve
        except asyncio.CancelledError:
            await to_the_end(self._take_back(wanted[0].ask))
            leave()
            raise
        except BaseException:
            leave()
            raise
        admission = Admission(self._counter, hold, wanted[0].deployment, wanted[0].bound, timing, leave)
        admission.timing.lap("hold")
        return admission

    def _want(self, known: Known, call: Call, resolved: int) -> _Wanted:
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
        return _Wanted(deployment, bound, ask)

    async def _take_back(self, ask: Ask) -> None:
        """Void a hold whose caller went away while it was being written."""
        try:
            await self._counter.void(await self._counter.reserve(ask))
        except DomainError as error:
            _log.info("gateway.nothing_to_take_back", request=ask.request, code=error.code)


async def _short_answer(admission: Admission, lease: Lease, call: Call) -> Whole:
    try:
        response = await upstream.send(lease, call, each=admission.bound.each, stream=False)
        body, spent = read_whole(await response.read(), lease.model.endpoint.dialect)
        lease.end_turn()
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


def _is_short(bound: Bound, call: Call) -> bool:
    return bound.choices == 1 and bound.each <= _SHORT and call.size <= _SHORT_PROMPT


async def _abandon(admission: Admission) -> None:
    try:
        await admission.give_up()
    finally:
        admission.close()


def _name(call: Call, account: AccountId, resolved: int) -> RequestId:
    if call.key is None:
        return RequestId(call.request)
    return RequestId(f"{account}:{call.key}" + (f"~{resolved}" if resolved else ""))
