"""The verbs of the books."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard.infra import mint, to_micros
from modelyard.infra.sql import over
from modelyard.kernel import AccountId, Clock, Currency, LedgerTxnId
from modelyard.ledger import journal, store, wallets
from modelyard.ledger.chart import AccountKind, LedgerAccount
from modelyard.ledger.drafts import Draft, Entry, wallet_deltas
from modelyard.ledger.errors import InsufficientFunds, KeyConflict, TransactionNotFound
from modelyard.ledger.wallets import Balance


@dataclass(frozen=True, slots=True)
class Posting:
    """A booked transaction; `new` is False when the same draft had been booked before."""

    txn: LedgerTxnId
    new: bool


def post(session: Session, draft: Draft, *, clock: Clock) -> Posting:
    """Book a draft once, opening accounts and wallets and moving the wallets it touches; again alike changes nothing.

    Raises KeyConflict when the key was used for something else, InsufficientFunds when a wallet would not cover it.
    """
    statements = over(session)
    known = journal.find(statements, draft.source, draft.key)
    if known is not None:
        return _known(known, draft)
    at = to_micros(clock.now())
    for entry in draft.entries:
        journal.open_account(statements, entry.account, at)
    for account, atoms in wallet_deltas(draft).items():
        wallets.open_wallet(statements, AccountId(account.owner), account.currency)
        if not wallets.move(statements, AccountId(account.owner), account.currency, posted=atoms, held=0):
            raise InsufficientFunds(account=account.owner, currency=account.currency.code)
    txn = LedgerTxnId(mint("txn", clock))
    journal.write(statements, txn, draft, at)
    return Posting(txn, new=True)


def reverse(session: Session, txn: LedgerTxnId, *, clock: Clock) -> Posting:
    """Book the opposite of a transaction, linked to it; reversing again returns the first reversal.

    This is how a mistake is corrected: the original stays. Raises TransactionNotFound, InsufficientFunds.
    """
    entries = store.entries(session, txn)
    if not entries:
        raise TransactionNotFound(txn=txn)
    opposite = tuple(Entry(entry.account, -entry.atoms) for entry in entries)
    return post(session, Draft("reversal", txn, "reversal", opposite, reverses=txn), clock=clock)


def wallet(session: Session, account: AccountId, currency: Currency) -> Balance | None:
    """Return the customer's wallet, or None where there never was credit in this currency."""
    return wallets.balance(over(session), account, currency)


def rebuild_wallet(session: Session, account: AccountId, currency: Currency) -> Balance | None:
    """Set what a wallet has posted to the sum of its entries, which is the truth; what it holds is left as it is."""
    truth = -store.balance_atoms(session, LedgerAccount(AccountKind.CUSTOMER_WALLET, currency, account).id)
    store.set_posted(session, account, currency, truth)
    return wallet(session, account, currency)


def _known(known: tuple[LedgerTxnId, str], draft: Draft) -> Posting:
    txn, payload_hash = known
    if payload_hash != draft.payload_hash:
        raise KeyConflict(key=draft.key)
    return Posting(txn, new=False)
