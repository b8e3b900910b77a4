"""The counter that the gateway stands at: hold before the work, settle or void after it."""

from datetime import timedelta

from modelyard import ledger
from modelyard.infra import Statements, Writer, to_micros
from modelyard.kernel import Clock
from modelyard.metering import rules, store
from modelyard.metering.errors import (
    CreditExhausted,
    HoldResolved,
    NoWallet,
    RequestConflict,
    StaleEpoch,
)
from modelyard.metering.settlement import Settlement, refusal, release
from modelyard.metering.values import Ask, Hold, HoldState, ProcessId, Receipt, Usage

HOLD_FOR = timedelta(minutes=15)
"""How long a hold waits for its settlement or its next checkpoint before the sweeper takes it."""


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
        used for something else, and HoldResolved when the request was resolved already.
        """
        now = self._clock.now()
        hold = Hold(ask, rules.amount_to_hold(ask), now + self._hold_for)
        at, expires_at = to_micros(now), to_micros(hold.expires_at)

        def work(statements: Statements) -> Hold:
            if not store.insert_hold(statements, hold, self._process, at, expires_at):
                return _known(statements, ask)
            _set_aside(statements, hold)
            return hold

        return await self._writer.run(work)

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
        settlement = Settlement(hold, usage, self._clock)
        receipt = await self._writer.run(lambda statements: settlement.book(statements, self._opened))
        self._opened.update(settlement.accounts)
        return receipt

    async def void(self, hold: Hold) -> None:
        """Give back all that was held; nothing is billed and nothing counted. Voiding again changes nothing.

        Raises HoldResolved when it was settled or swept, HoldNotFound when it was never held.
        """
        at = to_micros(self._clock.now())

        def work(statements: Statements) -> None:
            if store.resolve(statements, hold, HoldState.VOIDED, at):
                release(statements, hold)
                return
            why = refusal(statements, hold)
            if why.data.get("state") != HoldState.VOIDED:
                raise why

        await self._writer.run(work)


def _set_aside(statements: Statements, hold: Hold) -> None:
    ask, amount = hold.ask, hold.amount
    if not amount or ledger.move(statements, ask.account, amount.currency, posted=0, held=amount.atoms):
        return
    balance = ledger.balance(statements, ask.account, amount.currency)
    code = amount.currency.code
    if balance is None:
        raise NoWallet(account=ask.account, needed=str(amount), currency=code)
    available = str(balance.available)
    raise CreditExhausted(account=ask.account, needed=str(amount), available=available, currency=code)


def _known(statements: Statements, ask: Ask) -> Hold:
    """Say why a hold was not written: it is there already, or the snapshot is stale."""
    hold = store.find_hold(statements, ask.request)
    if hold is None:
        raise StaleEpoch(seen=ask.epoch, current=store.epoch(statements))
    if not rules.same_request(hold.ask, ask):
        raise RequestConflict(request=ask.request)
    if hold.state is not HoldState.OPEN:
        raise HoldResolved(request=ask.request, state=hold.state)
    return hold
