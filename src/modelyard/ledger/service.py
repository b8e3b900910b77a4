"""The verbs of the books."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard.infra import Statements, mint, to_micros
from modelyard.infra.sql import over
from modelyard.kernel import AccountId, Clock, Currency, LedgerTxnId
from modelyard.ledger import journal, store, wallets
from modelyard.ledger.chart import AccountKind, LedgerAccount
from modelyard.ledger.drafts import Draft, Entry, wallet_deltas
from modelyard.ledger.errors import InsufficientFunds, KeyConflict, TransactionNotFound, WalletFull
from modelyard.ledger.wallets import Balance


@dataclass(frozen=True, slots=True)
class Posting:
    """A booked transaction; `new` is False when the same draft had been booked before."""

    txn: LedgerTxnId
    new: bool


def post(session: Session, draft: Draft, *, clock: Clock) -> Posting:
    """Book a draft once, opening accounts and wallets and moving the wallets it touches; again alike changes nothing.

    Raises KeyConflict when the key was used for something else, InsufficientFunds when a wallet would not cover it,
    WalletFull when one would grow beyond 64 bits.
    """
    statements, at = over(session), to_micros(clock.now())
    accounts = {entry.account.id: entry.account for entry in draft.entries}
    for name in sorted(accounts):
        journal.open_account(statements, accounts[name], at)
    store.lock_accounts(session, accounts)  # whoever books the same at the same time finds, after this, that it is done
    known = journal.find(statements, draft.source, draft.key)
    if known is not None:
        return _known(known, draft)
    for account, atoms in wallet_deltas(draft).items():
        _move(statements, account, atoms)
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
    """Set what a wallet has posted to the sum of its entries, which is the truth; what it holds is left as it is.

    The wallet is locked first, so that a settlement beside it is in the sum or comes after it.
    """
    store.lock_wallet(session, account, currency)
    truth = -store.balance_atoms(session, LedgerAccount(AccountKind.CUSTOMER_WALLET, currency, account).id)
    store.set_posted(session, account, currency, truth)
    return wallet(session, account, currency)


def _move(statements: Statements, account: LedgerAccount, atoms: int) -> None:
    owner, currency = AccountId(account.owner), account.currency
    wallets.open_wallet(statements, owner, currency)
    if not wallets.move(statements, owner, currency, posted=atoms, held=0):
        refusal = WalletFull if atoms > 0 else InsufficientFunds
        raise refusal(account=owner, currency=currency.code)


def _known(known: tuple[LedgerTxnId, str], draft: Draft) -> Posting:
    txn, payload_hash = known
    if payload_hash != draft.payload_hash:
        raise KeyConflict(key=draft.key)
    return Posting(txn, new=False)
