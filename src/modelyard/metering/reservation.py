"""Reserving: money is set aside for a request before any work is done for it, or the request is refused."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Self

from modelyard import ledger
from modelyard.infra import Statements, epoch, to_micros
from modelyard.infra.writer import NotTogether
from modelyard.kernel import Money
from modelyard.metering import rules, store
from modelyard.metering.errors import (
    CreditExhausted,
    HoldElsewhere,
    HoldResolved,
    NoWallet,
    RequestConflict,
    StaleEpoch,
)
from modelyard.metering.values import Ask, Hold, HoldState, ProcessId


class _Lacks(Enum):
    """What keeps holds from being written."""

    EPOCH = auto()
    REQUEST = auto()
    CREDIT = auto()


class Reservation:
    """Writes one hold and sets its amount aside, if the epoch is still the snapshot's; a work of the writer."""

    def __init__(self, ask: Ask, process: ProcessId, now: datetime, hold_for: timedelta) -> None:
        self.hold = Hold(ask, rules.amount_to_hold(ask), now + hold_for)
        self.process = process
        self.row = (self.hold, process, to_micros(now), to_micros(self.hold.expires_at))

    def __call__(self, statements: Statements) -> Hold:
        """Reserve; a request that has an open hold of this process already gets that one."""
        lacks = _write(statements, [self])
        if lacks is None:
            return self.hold
        if lacks is _Lacks.CREDIT and self.hold.amount:
            raise _no_credit(statements, self.hold.ask, self.hold.amount)
        return self._known(statements, self.hold.ask)

    @classmethod
    def together(cls, statements: Statements, works: Sequence[Self]) -> list[Hold]:
        """Reserve for several requests, all of them new, of the present epoch, and covered."""
        if _write(statements, works):
            raise NotTogether
        return [work.hold for work in works]

    def _known(self, statements: Statements, ask: Ask) -> Hold:
        """Say why a hold was not written: it is there already, or the snapshot is stale."""
        hold = store.find_hold(statements, ask.request)
        if hold is None:
            raise StaleEpoch(seen=ask.epoch, current=store.epoch(statements))
        if hold.state in (HoldState.VOIDED, HoldState.EXPIRED):  # it came to nothing, so it stands in nobody's way
            raise HoldResolved(request=ask.request, state=hold.state)
        if not rules.same_request(hold.ask, ask):
            raise RequestConflict(request=ask.request)
        if hold.state is HoldState.SETTLED:
            raise HoldResolved(request=ask.request, state=hold.state)
        if store.holder(statements, ask.request) != self.process:
            raise HoldElsewhere(request=ask.request)
        return hold


class FreshReservation:
    """Draws its ask up while the epoch is held still, so that no change can make it stale; a work of the writer."""

    def __init__(self, draw: Callable[[], Ask], process: ProcessId, now: datetime, hold_for: timedelta) -> None:
        self._draw = draw
        self._rest = (process, now, hold_for)

    def __call__(self, statements: Statements) -> Hold:
        """Hold the epoch still, draw up the ask and reserve for it."""
        epoch.hold_still(statements)
        return Reservation(self._draw(), *self._rest)(statements)


def _write(statements: Statements, works: Sequence[Reservation]) -> _Lacks | None:
    """Write holds and set money aside, or say what is lacking; unless it is the epoch, some are then written."""
    present = store.epoch(statements)
    if any(work.hold.ask.epoch != present for work in works):
        return _Lacks.EPOCH
    if not store.insert_holds(statements, [work.row for work in works]):
        return _Lacks.REQUEST
    aside = [move for work in works for move in rules.set_aside(work.hold)]
    return None if ledger.move_all(statements, aside) else _Lacks.CREDIT


def _no_credit(statements: Statements, ask: Ask, amount: Money) -> CreditExhausted | NoWallet:
    balance = ledger.balance(statements, ask.account, amount.currency)
    needed, code = str(amount), amount.currency.code
    if balance is None:
        return NoWallet(account=ask.account, needed=needed, currency=code)
    return CreditExhausted(account=ask.account, needed=needed, available=str(balance.available), currency=code)
