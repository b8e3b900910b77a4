"""Credit that is booked once, and statements that add up to the atom."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from modelyard import accounts, billing, metering
from modelyard.accounts import ANONYMOUS, EVERY_SCOPE, Actor, Forbidden, OperatorsOnly, SignInRequired
from modelyard.billing import AmountNotPositive, AmountTooHigh, KeyMissing, Statement, StatementDoesNotAddUp, TopUp
from modelyard.infra import Infra
from modelyard.kernel import AccountId, ManualClock, Period
from modelyard.ledger import KeyConflict
from modelyard.metering import ReceiptNotFound, Usage
from tests.metering.bank import CUSTOMER, PRODUCT, PUBLISHER, SYSTEM, Bank, cny

JANUARY = Period.month(2026, 1)
CUSTOMER_ACTOR = Actor(CUSTOMER, "customer", EVERY_SCOPE)
PUBLISHER_ACTOR = Actor(PUBLISHER, "publisher", EVERY_SCOPE)


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank on each database."""
    return Bank.of(infra)


@pytest.fixture
def customer(bank: Bank) -> AccountId:
    """A customer with an account of their own, as credit needs one."""
    with bank.db.unit() as session:
        new = accounts.NewUser("lin")
        user = accounts.create_user(session, actor=SYSTEM, new=new, password_hash=None, clock=bank.clock)
    return user.account.id


def top_up(bank: Bank, account: AccountId, amount: str, key: str = "transfer-1", actor: Actor = SYSTEM) -> TopUp:
    with bank.db.unit() as session:
        return billing.top_up(session, actor=actor, account=account, amount=cny(amount), key=key, clock=bank.clock)


def statement(bank: Bank, account: AccountId, period: Period = JANUARY) -> Statement:
    with bank.db.reader() as session:
        return billing.statement(session, actor=SYSTEM, account=account, period=period, clock=bank.clock)


def test_credit_is_booked_once_whatever_is_repeated(bank: Bank, customer: AccountId) -> None:
    first = top_up(bank, customer, "100")
    again = top_up(bank, customer, "100")
    assert (first.new, again.new, first.txn) == (True, False, again.txn)
    assert again.balance.posted == cny("100")
    with pytest.raises(KeyConflict):
        top_up(bank, customer, "200")
    with bank.db.reader() as session:
        trail = accounts.audit_page(session, actor=SYSTEM, owner=customer)
    assert [entry.act for entry in trail.items].count("credit.added") == 1


def test_only_an_operator_adds_credit(bank: Bank, customer: AccountId) -> None:
    with pytest.raises(OperatorsOnly):
        top_up(bank, customer, "1", actor=Actor(customer, "lin", EVERY_SCOPE))
    with pytest.raises(SignInRequired):
        top_up(bank, customer, "1", actor=ANONYMOUS)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_credit_of_nothing_is_refused(bank: Bank, customer: AccountId, amount: str) -> None:
    with pytest.raises(AmountNotPositive):
        top_up(bank, customer, amount)


def test_credit_that_would_make_a_wallet_overflow_is_refused(bank: Bank, customer: AccountId) -> None:
    with pytest.raises(AmountTooHigh) as refused:
        top_up(bank, customer, "9200000000")
    assert refused.value.data["most"] == "90000000.00"


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_credit_without_a_key_is_refused(bank: Bank, customer: AccountId, key: str) -> None:
    with pytest.raises(KeyMissing):
        top_up(bank, customer, "1", key)


def test_credit_for_nobody_is_refused(bank: Bank) -> None:
    with pytest.raises(accounts.AccountNotFound):
        top_up(bank, AccountId("acc_nobody"), "1")


def test_a_statement_tells_opening_top_ups_usage_by_price_and_closing(bank: Bank, clock: ManualClock) -> None:
    bank.top_up("1")
    old = bank.price("0.005", "0.005")
    bank.settle(bank.reserve(bank.ask(old)), Usage(100, 100))
    clock.advance(JANUARY.end - clock.now())
    bank.top_up("0.5")
    new = bank.price("0.01", "0.02")
    for _ in range(2):
        bank.settle(bank.reserve(bank.ask(new)), Usage(50, 50))
    bank.settle(bank.reserve(bank.ask(None)), Usage(9, 9))
    bank.void(bank.reserve(bank.ask(new)))
    february = statement(bank, CUSTOMER, Period.month(2026, 2))
    [wallet] = february.wallets
    assert (wallet.opening, wallet.used, wallet.closing) == (cny("0.999"), cny("0.003"), cny("1.496"))
    assert [(move.kind, move.amount) for move in wallet.movements] == [("top_up", cny("0.5"))]
    [line] = wallet.usage
    assert (line.product, line.price, line.requests, line.prompt_tokens, line.amount) == (
        PRODUCT,
        new,
        2,
        100,
        cny("0.003"),
    )
    assert february.free_requests == 1
    assert statement(bank, CUSTOMER).wallets[0].closing == wallet.opening


def test_a_publisher_sees_gross_platform_share_and_net(bank: Bank) -> None:
    bank.top_up("1")
    price = bank.price("0.005", "0.005", 2000)
    for tokens in (1, 2, 3):
        bank.settle(bank.reserve(bank.ask(price)), Usage(0, tokens))
    [sales] = statement(bank, PUBLISHER).sales
    assert (sales.gross, sales.platform, sales.net) == (cny("0.00003"), cny("0.000006"), cny("0.000024"))
    assert (sales.opening, sales.closing) == (cny("0"), cny("0.000024"))
    assert statement(bank, PUBLISHER).wallets == ()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120), st.integers(0, 40)), max_size=8))
def test_statements_of_any_cut_add_up_to_the_statement_of_the_whole(
    bank: Bank, clock: ManualClock, calls: list[tuple[int, int, int]]
) -> None:
    bank.top_up("1")
    start = clock.now()
    price = bank.price("0.007", "0.0313", 1733)
    for prompt, completion, hours in calls:
        bank.settle(bank.reserve(bank.ask(price)), Usage(prompt, completion))
        clock.advance(timedelta(hours=hours))
    cut, end = start + (clock.now() - start) / 2 + timedelta(seconds=1), clock.now() + timedelta(seconds=2)
    periods = (Period(start, cut), Period(cut, end), Period(start, end))
    first, second, whole = (statement(bank, CUSTOMER, period).wallets[0] for period in periods)
    assert (first.closing, first.used + second.used) == (second.opening, whole.used)
    sold = [sum(sales.net.atoms for sales in statement(bank, PUBLISHER, period).sales) for period in periods]
    assert sold[0] + sold[1] == sold[2]


def test_a_statement_that_does_not_add_up_is_not_shown(bank: Bank) -> None:
    bank.top_up("1")
    bank.settle(bank.reserve(bank.ask(bank.price())), Usage(10, 10))
    with bank.db.unit() as session:
        if bank.db.is_sqlite:
            session.execute(text("DROP TRIGGER usage_event_no_update"))
        else:
            session.execute(text("ALTER TABLE usage_event DISABLE TRIGGER USER"))
        session.execute(text("UPDATE usage_event SET charged_atoms = charged_atoms - 1"))
    with pytest.raises(StatementDoesNotAddUp):
        statement(bank, CUSTOMER)


def test_money_is_shown_to_those_who_may_read_the_account(bank: Bank) -> None:
    bank.top_up("1")
    receipt = bank.settle(bank.reserve(bank.ask(bank.price())), Usage(10, 10))
    with bank.db.reader() as session:
        assert billing.credit_of(session, actor=CUSTOMER_ACTOR, account=CUSTOMER)[0].posted == cny("0.9999")
        assert metering.receipt(session, actor=CUSTOMER_ACTOR, request=receipt.request) == receipt
        with pytest.raises(Forbidden):
            billing.credit_of(session, actor=PUBLISHER_ACTOR, account=CUSTOMER)
        with pytest.raises(Forbidden):
            billing.statement(session, actor=PUBLISHER_ACTOR, account=CUSTOMER, period=JANUARY, clock=bank.clock)
        with pytest.raises(ReceiptNotFound):
            metering.receipt(session, actor=PUBLISHER_ACTOR, request=receipt.request)
