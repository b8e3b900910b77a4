"""Settling: one hold becomes one usage event and one ledger transaction, or nothing changes."""

from collections.abc import Container, Sequence
from typing import Self

from modelyard import ledger
from modelyard.infra import Statements, mint, to_micros
from modelyard.infra.writer import NotTogether
from modelyard.kernel import AccountId, Clock, LedgerTxnId
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
        resolve = store.resolve_unmoved if self.swept else store.resolve
        if not resolve(statements, self.hold, HoldState.SETTLED, self.at):
            return _settled_alike(statements, self.hold, self.usage)
        release(statements, self.hold, spent=self.spent)
        self._book(statements, [self])
        return self.receipt

    @classmethod
    def together(cls, statements: Statements, works: Sequence[Self]) -> list[Receipt]:
        """Settle several holds, all of them open and none of them swept."""
        if any(work.swept for work in works):
            raise NotTogether
        requests = [work.hold.request for work in works]
        if not store.settle_all(statements, requests, max(work.at for work in works)):
            raise NotTogether
        if not ledger.move_all(statements, _moves(works)):
            raise NotTogether
        cls._book(statements, works)
        return [work.receipt for work in works]

    @staticmethod
    def _book(statements: Statements, works: "Sequence[Settlement]") -> None:
        store.insert_events(statements, [(work.hold.ask, work.usage, work.due, work.at) for work in works])
        booked = [(work.txn, work.draft, work.at) for work in works if work.txn and work.draft]
        unknown = {entry.account.id: entry.account for work in works for entry in work.to_open}
        for account in unknown.values():
            ledger.open_account(statements, account, works[0].at)
        if booked:
            ledger.write_all(statements, booked)

    @property
    def to_open(self) -> list[Entry]:
        """The entries whose accounts are not known to exist."""
        entries = self.draft.entries if self.draft else ()
        return [entry for entry in entries if entry.account.id not in self._opened]

    @property
    def spent(self) -> int:
        """What the customer's wallet loses, in atoms."""
        return self.due.charged.atoms if self.due else 0


def _moves(works: Sequence[Settlement]) -> dict[tuple[AccountId, str], tuple[int, int]]:
    """Return by wallet what settling takes from posted and from held."""
    moves: dict[tuple[AccountId, str], tuple[int, int]] = {}
    for work in works:
        amount = work.hold.amount
        if amount:
            wallet = (work.hold.ask.account, amount.currency.code)
            posted, held = moves.get(wallet, (0, 0))
            moves[wallet] = (posted - work.spent, held - amount.atoms)
    return moves


def release(statements: Statements, hold: Hold, *, spent: int = 0) -> None:
    """Take a hold's amount out of what its wallet holds, and what was spent out of what is posted."""
    if not hold.amount:
        return
    atoms = hold.amount.atoms
    if not ledger.move(statements, hold.ask.account, hold.amount.currency, posted=-spent, held=-atoms):
        msg = f"the wallet of {hold.ask.account} does not cover the hold of {hold.request}; run ledger verify"
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
