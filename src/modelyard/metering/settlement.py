"""Settling: one hold becomes one usage event and one ledger transaction, or nothing changes."""

from collections.abc import Container, Sequence
from typing import Self

from modelyard import ledger
from modelyard.infra import Statements, mint, to_micros
from modelyard.infra.writer import NotTogether
from modelyard.kernel import Clock, LedgerTxnId
from modelyard.ledger import Entry
from modelyard.metering import rules, store
from modelyard.metering.errors import HoldNotFound, HoldResolved, UsageConflict
from modelyard.metering.values import GATEWAY, Hold, HoldState, Receipt, Usage


class Settlement:
    """All that settling one hold writes, computed before the writer's thread is bothered with it; a work of the writer.

    Done, it returns the receipt: the hold is resolved, the wallet moved, event and transaction written, or nothing is.
    `opened` names ledger accounts that are known to exist, and `swept` says that the hold was read from its row and
    nobody else may have moved it since.
    """

    def __init__(
        self, hold: Hold, usage: Usage, clock: Clock, *, opened: Container[str] = (), swept: bool = False
    ) -> None:
        now = clock.now()
        self.hold = hold
        self.usage = usage
        self.at = to_micros(now)
        self.due = rules.charge(hold, usage)
        self.draft = rules.draft(hold.ask, self.due) if self.due else None
        self.swept = swept
        self._opened = opened
        self.txn = LedgerTxnId(mint("txn", clock)) if self.draft else None
        self.receipt = rules.receipt(hold, usage, self.due, self.txn, now)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ledger accounts that are open once this was booked."""
        return tuple(entry.account.id for entry in self.draft.entries) if self.draft else ()

    def __call__(self, statements: Statements) -> Receipt:
        """Settle; a hold that was settled alike before gives the receipt of then."""
        if not _resolve(statements, [self.hold], HoldState.SETTLED, self.at, unmoved=self.swept):
            return _settled_alike(statements, self.hold, self.usage)
        _book(statements, [self])
        return self.receipt

    @classmethod
    def together(cls, statements: Statements, works: Sequence[Self]) -> list[Receipt]:
        """Settle several holds, all of them open and none of them swept."""
        if any(work.swept for work in works):
            raise NotTogether
        at = max(work.at for work in works)
        if not _resolve(statements, [work.hold for work in works], HoldState.SETTLED, at):
            raise NotTogether
        _book(statements, works)
        return [work.receipt for work in works]

    @property
    def to_open(self) -> list[Entry]:
        """The entries whose accounts are not known to exist."""
        entries = self.draft.entries if self.draft else ()
        return [entry for entry in entries if entry.account.id not in self._opened]

    @property
    def spent(self) -> int:
        """What the customer's wallet loses, in atoms."""
        return self.due.charged.atoms if self.due else 0


def give_back(statements: Statements, hold: Hold, state: HoldState, at: int, *, unmoved: bool = False) -> bool:
    """Resolve an open hold and return its whole amount to the wallet; False when it was not open.

    With `unmoved` it must also be as it was read: a checkpoint that came since keeps it open.
    """
    if not _resolve(statements, [hold], state, at, unmoved=unmoved):
        return False
    _move(statements, rules.release(hold))
    return True


def _resolve(
    statements: Statements, holds: Sequence[Hold], state: HoldState, at: int, *, unmoved: bool = False
) -> bool:
    if unmoved:
        return all(store.resolve_unmoved(statements, hold, state, at) for hold in holds)
    return store.resolve(statements, holds, state, at)


def _book(statements: Statements, works: Sequence[Settlement]) -> None:
    """Move the wallets of resolved holds, and write their events and transactions."""
    _move(statements, [move for work in works for move in rules.release(work.hold, spent=work.spent)])
    store.insert_events(statements, [(work.hold.ask, work.usage, work.due, work.at) for work in works])
    unknown = {entry.account.id: entry.account for work in works for entry in work.to_open}
    for account in unknown.values():
        ledger.open_account(statements, account, works[0].at)
    ledger.write_all(statements, [(work.txn, work.draft, work.at) for work in works if work.txn and work.draft])


def _move(statements: Statements, moves: Sequence[ledger.Move]) -> None:
    if not ledger.move_all(statements, moves):
        accounts = ", ".join(sorted({move.account for move in moves}))
        msg = f"a wallet of {accounts} does not cover what it holds; run ledger verify"
        raise RuntimeError(msg)


def refusal(statements: Statements, hold: Hold) -> HoldNotFound | HoldResolved:
    """Return why a hold cannot be resolved any more."""
    known = store.find_hold(statements, hold.request)
    if known is None:
        return HoldNotFound(request=hold.request)
    return HoldResolved(request=hold.request, state=known.state)


def _settled_alike(statements: Statements, hold: Hold, usage: Usage) -> Receipt:
    """Return the receipt of a hold that was settled before with the same counts, or say why there is none."""
    found = store.find_receipt(statements, hold.request)
    if found is None:
        raise refusal(statements, hold)
    receipt, payload_hash = found
    if payload_hash != rules.payload_hash(hold.ask, usage):
        raise UsageConflict(source=GATEWAY, id=hold.request)
    return receipt
