"""The verbs of billing."""

from sqlalchemy.orm import Session

from modelyard import accounts, ledger, metering, pricing
from modelyard.accounts import Actor, Role
from modelyard.billing.credit import MOST_ATOMS, TopUp
from modelyard.billing.drawing import Drawing
from modelyard.billing.errors import AmountNotPositive, AmountTooHigh, KeyMissing
from modelyard.billing.statements import Statement
from modelyard.kernel import AccountId, Clock, Money, Period, PriceId
from modelyard.ledger import AccountKind, Balance, Draft, LedgerAccount
from modelyard.metering import Dimension, Wanted

_LONGEST_KEY = 200
_LINES = (Dimension.PRODUCT, Dimension.PRICE)


def top_up(session: Session, *, actor: Actor, account: AccountId, amount: Money, key: str, clock: Clock) -> TopUp:
    """Book prepaid credit that an operator received outside; again with the same key changes nothing.

    For administrators. Raises AmountNotPositive, AmountTooHigh, KeyMissing, AccountNotFound, and KeyConflict when
    the key stands for another account or amount.
    """
    accounts.require_admin(actor)
    if amount.atoms <= 0:
        raise AmountNotPositive(field="amount", amount=str(amount), currency=amount.currency.code)
    if amount > (most := Money(MOST_ATOMS, amount.currency)):
        raise AmountTooHigh(field="amount", amount=str(amount), most=str(most), currency=amount.currency.code)
    if not 0 < len(key) <= _LONGEST_KEY:
        raise KeyMissing(field="key")
    owner = accounts.account_by_id(session, account)
    wallet = LedgerAccount(AccountKind.CUSTOMER_WALLET, amount.currency, owner.id)
    clearing = LedgerAccount(AccountKind.PROCESSOR_CLEARING, amount.currency)
    sides = (ledger.debit(clearing, amount), ledger.credit(wallet, amount))
    posting = ledger.post(session, Draft("top_up", key, "top_up", sides), clock=clock)
    if posting.new:
        data = {"txn": posting.txn, "amount": str(amount), "currency": amount.currency.code, "key": key}
        accounts.record(session, actor=actor, act="credit.added", subject=owner.id, clock=clock, data=data)
    balance = ledger.wallet(session, owner.id, amount.currency)
    return TopUp(posting.txn, posting.new, balance or Balance(amount, Money.zero(amount.currency)))


def credit_of(session: Session, *, actor: Actor, account: AccountId) -> list[Balance]:
    """Return an account's wallets by currency, for those who may read it; empty when it never had credit."""
    accounts.require(session, actor, account, Role.READ)
    return ledger.wallets(session, account)


def owed_to(session: Session, *, actor: Actor, account: AccountId) -> list[Money]:
    """Return what the platform owes an account for sales, by currency, to those who may read it."""
    accounts.require(session, actor, account, Role.READ)
    books = [
        LedgerAccount(AccountKind.SELLER_PAYABLE, of, account)
        for of in ledger.currencies(session, AccountKind.SELLER_PAYABLE, account)
    ]
    return [Money(-ledger.balance_atoms(session, each.id), each.currency) for each in books]


def statement(session: Session, *, actor: Actor, account: AccountId, period: Period, clock: Clock) -> Statement:
    """Return an account's statement of a period from posted entries, for those who may read it.

    Raises StatementDoesNotAddUp rather than showing figures that disagree.
    """
    wanted = Wanted(period)
    spent = metering.spending(session, actor=actor, account=account, wanted=wanted, by=_LINES)
    sold = metering.sales(session, actor=actor, seller=account, wanted=wanted, by=_LINES)
    prices = pricing.by_ids(session, {PriceId(total.by[Dimension.PRICE]) for total in spent + sold if total.amounts})
    draw = Drawing(session, account, period, prices)
    of_wallets = ledger.currencies(session, AccountKind.CUSTOMER_WALLET, account)
    of_sales = ledger.currencies(session, AccountKind.SELLER_PAYABLE, account)
    return Statement(
        account=account,
        period=period,
        drawn_at=clock.now(),
        wallets=tuple(draw.wallet(of, spent) for of in of_wallets),
        sales=tuple(draw.sales(of, sold) for of in of_sales),
        free_requests=sum(total.requests for total in spent if total.amounts is None),
    )
