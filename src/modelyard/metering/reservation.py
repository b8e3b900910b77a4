"""Reserving: money is set aside for a request before any work is done for it, or the request is refused."""

from collections.abc import Sequence
from typing import Self

from modelyard import ledger
from modelyard.infra import Statements, to_micros
from modelyard.infra.writer import NotTogether
from modelyard.kernel import AccountId
from modelyard.metering import rules, store
from modelyard.metering.errors import CreditExhausted, HoldResolved, NoWallet, RequestConflict, StaleEpoch
from modelyard.metering.values import Ask, Hold, HoldState, ProcessId


class Reservation:
    """Writes one hold and sets its amount aside, if the epoch is still the snapshot's; a work of the writer."""

    def __init__(self, hold: Hold, process: ProcessId, at: int) -> None:
        self.hold = hold
        self.row = (hold, process, at, to_micros(hold.expires_at))

    def __call__(self, statements: Statements) -> Hold:
        """Reserve; a request that has an open hold already gets that one."""
        if not store.insert_hold(statements, *self.row):
            return _known(statements, self.hold.ask)
        _set_aside(statements, self.hold)
        return self.hold

    @classmethod
    def together(cls, statements: Statements, works: Sequence[Self]) -> list[Hold]:
        """Reserve for several requests, all of them new, of the present epoch, and covered."""
        epoch = store.epoch(statements)
        if any(work.hold.ask.epoch != epoch for work in works):
            raise NotTogether
        if not store.insert_holds(statements, [work.row for work in works]):
            raise NotTogether
        if not ledger.move_all(statements, _moves(works)):
            raise NotTogether
        return [work.hold for work in works]


def _moves(works: Sequence[Reservation]) -> dict[tuple[AccountId, str], tuple[int, int]]:
    """Return by wallet what reserving adds to held."""
    moves: dict[tuple[AccountId, str], tuple[int, int]] = {}
    for work in works:
        amount = work.hold.amount
        if amount:
            wallet = (work.hold.ask.account, amount.currency.code)
            moves[wallet] = (0, moves.get(wallet, (0, 0))[1] + amount.atoms)
    return moves


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
