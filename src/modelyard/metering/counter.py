"""The counter that the gateway stands at: hold before the work, settle or void after it."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from modelyard.infra import Statements, Writer, to_micros
from modelyard.kernel import Clock
from modelyard.metering import store
from modelyard.metering.reservation import FreshReservation, Reservation
from modelyard.metering.settlement import Settlement, give_back, refusal
from modelyard.metering.values import Ask, Hold, HoldState, ProcessId, Receipt, Usage

HOLD_FOR = timedelta(minutes=15)
"""How long a hold waits for its settlement or its next checkpoint before the sweeper takes it."""
_MOST_OPENED = 50_000


class Counter:
    """Holds, settles and voids through the process's writer; what it returns is durable.

    hold = await counter.reserve(ask)                 # before the engine is touched
    await counter.checkpoint(hold, usage)             # now and then, while a long answer streams
    receipt = await counter.settle(hold, usage)       # before the answer's last byte
    await counter.void(hold)                          # instead, when nothing was generated

    `process` is the lease of this process: the sweeper resolves what a dead one left open.
    """

    def __init__(self, writer: Writer, clock: Clock, process: ProcessId, *, hold_for: timedelta = HOLD_FOR) -> None:
        self._writer = writer
        self._clock = clock
        self._process = process
        self._hold_for = hold_for
        self._opened: set[str] = set()

    async def reserve(self, ask: Ask) -> Hold:
        """Set aside the price of the ask's bound; asking again for the same open request returns the same hold.

        Raises StaleEpoch (reload the snapshot, ask again), CreditExhausted, NoWallet, RequestConflict when the id was
        used for something else, HoldResolved when the request was resolved already, and HoldElsewhere while another
        process has it open.
        """
        return await self._writer.run(Reservation(ask, self._process, self._clock.now(), self._hold_for))

    async def reserve_fresh(self, draw: Callable[[], Ask]) -> Hold:
        """Reserve as `reserve` does for an ask that is drawn up while the epoch stands still: never StaleEpoch.

        For a request whose snapshots turned out stale again and again, since it makes every other write wait for the
        drawing. `draw` runs in the writer's thread, perhaps twice, and reads through a reader of its own; what it
        raises is raised here.
        """
        return await self._writer.run(FreshReservation(draw, self._process, self._clock.now(), self._hold_for))

    async def checkpoint(self, hold: Hold, usage: Usage) -> None:
        """Keep what was used so far, for the case that this process dies, and give the hold its full time again.

        Raises HoldResolved when it is not open any more.
        """
        expires_at = to_micros(self._clock.now() + self._hold_for)

        def work(statements: Statements) -> None:
            if not store.checkpoint(statements, hold.request, usage, expires_at):
                raise refusal(statements, hold)

        await self._writer.run(work)

    async def settle(self, hold: Hold, usage: Usage) -> Receipt:
        """Resolve the hold into a usage event and a ledger transaction; settling again alike returns the same receipt.

        The customer is never charged more than was held. Raises UsageConflict when the request was settled with other
        counts, HoldResolved when it was voided or swept, HoldNotFound when it was never held.
        """
        settlement = Settlement(hold, usage, self._clock, opened=self._opened)
        receipt = await self._writer.run(settlement)
        self._remember(settlement.accounts)
        return receipt

    async def void(self, hold: Hold) -> None:
        """Give back all that was held; nothing is billed and nothing counted. Voiding again changes nothing.

        Raises HoldResolved when it was settled or swept, HoldNotFound when it was never held.
        """
        at = to_micros(self._clock.now())

        def work(statements: Statements) -> None:
            if give_back(statements, hold, HoldState.VOIDED, at):
                return
            why = refusal(statements, hold)
            if why.data.get("state") != HoldState.VOIDED:
                raise why

        await self._writer.run(work)

    def _remember(self, accounts: Iterable[str]) -> None:
        if len(self._opened) >= _MOST_OPENED:
            self._opened.clear()
        self._opened.update(accounts)
