"""The counter that the gateway stands at: hold before the work, settle or void after it."""

from datetime import timedelta

from modelyard import ledger
from modelyard.infra import Statements, Writer, mint, to_micros
from modelyard.kernel import Clock, LedgerTxnId, Money
from modelyard.ledger import Draft, LedgerAccount
from modelyard.metering import rules, store
from modelyard.metering.errors import (
    CreditExhausted,
    HoldNotFound,
    HoldResolved,
    NoWallet,
    RequestConflict,
    StaleEpoch,
    UsageConflict,
)
from modelyard.metering.values import GATEWAY, Ask, Hold, HoldState, ProcessId, Receipt, Usage

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
                _refuse(statements, hold)

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
            if store.resolve(statements, hold.request, HoldState.VOIDED, at):
                release(statements, hold)
            else:
                _refuse(statements, hold, unless=HoldState.VOIDED)

        await self._writer.run(work)


class Settlement:
    """All that settling one hold writes, computed before the writer's thread is bothered with it."""

    def __init__(self, hold: Hold, usage: Usage, clock: Clock) -> None:
        now = clock.now()
        self._hold = hold
        self._usage = usage
        self._due = rules.charge(hold, usage)
        self._draft: Draft | None = rules.draft(hold.ask, self._due) if self._due else None
        self._txn = LedgerTxnId(mint("txn", clock)) if self._draft else None
        self._at = to_micros(now)
        self._receipt = rules.receipt(hold, usage, self._txn, now)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ledger accounts that are open once this was booked."""
        return tuple(entry.account.id for entry in self._draft.entries) if self._draft else ()

    def book(self, statements: Statements, opened: set[str]) -> Receipt:
        """Resolve the hold, move the wallet, write event and transaction: all of it or, when it raises, nothing.

        `opened` names ledger accounts that are known to exist.
        """
        hold = self._hold
        if not store.resolve(statements, hold.request, HoldState.SETTLED, self._at):
            return _settled_alike(statements, hold, self._usage)
        release(statements, hold, spent=self._due.charged.atoms if self._due else 0)
        store.insert_event(statements, hold.ask, self._usage, self._due, self._at)
        if self._draft is not None and self._txn is not None:
            for entry in self._draft.entries:
                self._open(statements, entry.account, opened)
            ledger.write(statements, self._txn, self._draft, self._at)
        return self._receipt

    def _open(self, statements: Statements, account: LedgerAccount, opened: set[str]) -> None:
        if account.id not in opened:
            ledger.open_account(statements, account, self._at)


def release(statements: Statements, hold: Hold, *, spent: int = 0) -> None:
    """Take a hold's amount out of what its wallet holds, and what was spent out of what is posted."""
    if not hold.amount:
        return
    atoms = hold.amount.atoms
    if not ledger.move(statements, hold.ask.account, hold.amount.currency, posted=-spent, held=-atoms):
        msg = f"the wallet of {hold.ask.account} does not cover the hold of {hold.request}; run ledger verify"
        raise RuntimeError(msg)


def _set_aside(statements: Statements, hold: Hold) -> None:
    ask, amount = hold.ask, hold.amount
    if not amount or ledger.move(statements, ask.account, amount.currency, posted=0, held=amount.atoms):
        return
    balance = ledger.balance(statements, ask.account, amount.currency)
    code = amount.currency.code
    if balance is None:
        raise NoWallet(account=ask.account, needed=str(amount), currency=code)
    available = Money(balance.available.atoms, amount.currency)
    raise CreditExhausted(account=ask.account, needed=str(amount), available=str(available), currency=code)


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


def _settled_alike(statements: Statements, hold: Hold, usage: Usage) -> Receipt:
    """Return the receipt of a hold that was settled before with the same counts, or say why there is none."""
    found = store.find_receipt(statements, hold.request)
    if found is None:
        raise _refusal(statements, hold)
    receipt, payload_hash = found
    if payload_hash != rules.payload_hash(hold.ask, usage):
        raise UsageConflict(source=GATEWAY, id=hold.request)
    return receipt


def _refuse(statements: Statements, hold: Hold, *, unless: HoldState | None = None) -> None:
    known = store.find_hold(statements, hold.request)
    if known is None:
        raise HoldNotFound(request=hold.request)
    if known.state is not unless:
        raise HoldResolved(request=hold.request, state=known.state)


def _refusal(statements: Statements, hold: Hold) -> HoldNotFound | HoldResolved:
    known = store.find_hold(statements, hold.request)
    if known is None:
        return HoldNotFound(request=hold.request)
    return HoldResolved(request=hold.request, state=known.state)
