"""Settling: one hold becomes one usage event and one ledger transaction, or nothing changes."""

from modelyard import ledger
from modelyard.infra import Statements, mint, to_micros
from modelyard.kernel import Clock, LedgerTxnId
from modelyard.metering import rules, store
from modelyard.metering.errors import HoldNotFound, HoldResolved, UsageConflict
from modelyard.metering.values import GATEWAY, Hold, HoldState, Receipt, Usage


class Settlement:
    """All that settling one hold writes, computed before the writer's thread is bothered with it.

    `swept` says that the hold was read from its row and nobody else may have moved it since.
    """

    def __init__(self, hold: Hold, usage: Usage, clock: Clock, *, swept: bool = False) -> None:
        now = clock.now()
        self._hold = hold
        self._usage = usage
        self._resolve = store.resolve_unmoved if swept else store.resolve
        self._due = rules.charge(hold, usage)
        self._draft = rules.draft(hold.ask, self._due) if self._due else None
        self._txn = LedgerTxnId(mint("txn", clock)) if self._draft else None
        self._at = to_micros(now)
        self._receipt = rules.receipt(hold, usage, self._due, self._txn, now)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ledger accounts that are open once this was booked."""
        return tuple(entry.account.id for entry in self._draft.entries) if self._draft else ()

    def book(self, statements: Statements, opened: set[str]) -> Receipt:
        """Resolve the hold, move the wallet, write event and transaction: all of it or, when it raises, nothing.

        `opened` names ledger accounts that are known to exist.
        """
        hold = self._hold
        if not self._resolve(statements, hold, HoldState.SETTLED, self._at):
            return _settled_alike(statements, hold, self._usage)
        release(statements, hold, spent=self._due.charged.atoms if self._due else 0)
        store.insert_event(statements, hold.ask, self._usage, self._due, self._at)
        if self._draft is not None and self._txn is not None:
            for entry in self._draft.entries:
                if entry.account.id not in opened:
                    ledger.open_account(statements, entry.account, self._at)
            ledger.write(statements, self._txn, self._draft, self._at)
        return self._receipt


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
