"""Relay one streamed answer: as it comes, counted, and settled before its end is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter

import aiohttp

from modelyard.metering import Receipt
from modelyard.serving.engines import Dialect
from modelyard.serving.errors import EngineDied
from modelyard.serving.gateway.admission import Admission
from modelyard.serving.gateway.tally import DONE, Tally, split
from modelyard.serving.gateway.upstream import LOST
from modelyard.serving.gateway.words import Spent, Timing

_ERROR = b'{"error"'
_CHECKPOINT = 1.0
"""Seconds between two durable checkpoints of a stream."""


class Stream:
    """An answer in chunks of OpenAI's JSON, a list of them for each time that the engine was heard.

    async for payloads in stream: ...      # the last list comes after the settlement
    stream.receipt                         # what it came to

    Cancelling the task that iterates aborts the generation and bills what was generated. An engine that dies raises
    EngineDied, and nothing is billed; a hold that is gone raises HoldResolved at the next chunk, since nobody would pay
    for the rest. Whoever does not iterate to the end calls `close`.
    """

    def __init__(self, admission: Admission, response: aiohttp.ClientResponse, dialect: Dialect) -> None:
        self._admission = admission
        self._response = response
        self._tally = Tally(dialect, admission.bound.choices)
        self._checked = perf_counter()
        self.receipt: Receipt | None = None

    @property
    def timing(self) -> Timing:
        """How long the parts took until now."""
        return self._admission.timing

    @property
    def request(self) -> str:
        """The id under which the request was held."""
        return self._admission.hold.request

    @property
    def spent(self) -> Spent:
        """What was used so far."""
        return self._tally.spent

    async def __aiter__(self) -> AsyncIterator[list[bytes]]:
        last: list[bytes] = []
        try:
            async for payloads in self._heard():
                seen = [payload for payload in map(self._tally.take, payloads) if payload is not None]
                if self._tally.complete:
                    last += seen
                elif seen:
                    yield seen
            self._admission.timing.lap("engine")
            self.receipt = await self._admission.settle(self.spent)
            yield last
        except LOST as error:
            await self._admission.give_up()
            raise EngineDied(retry_after=2) from error
        except EngineDied:
            await self._admission.give_up()
            raise
        finally:
            await self.close()

    async def close(self) -> None:
        """Abort the generation if it runs, and bill what was generated; harmless after the end."""
        self._response.close()
        self._admission.free_engine()
        try:
            await self._admission.give_up(self.spent)
        finally:
            self._admission.close()

    async def _heard(self) -> AsyncIterator[list[bytes]]:
        rest = b""
        while data := await self._response.content.readany():
            payloads, rest = split(rest + data)
            if any(payload.startswith(_ERROR) for payload in payloads):
                break
            if payloads and payloads[-1] == DONE:
                yield payloads[:-1]
                return
            yield payloads
            self._check()
        raise EngineDied(retry_after=2)

    def _check(self) -> None:
        if self._admission.lost is not None:
            raise self._admission.lost
        now = perf_counter()
        if now - self._checked >= _CHECKPOINT:
            self._checked = now
            self._admission.checkpoint(self.spent)
