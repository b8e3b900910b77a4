"""Two sessions at the books at once, and wallets at the end of 64 bits."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from modelyard import ledger
from modelyard.infra import Infra
from modelyard.kernel import Money
from modelyard.ledger import AccountKind, Draft, LedgerAccount, Posting, WalletFull, credit, debit
from tests.metering.bank import CNY, CUSTOMER, Bank, cny

WALLET = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, CUSTOMER)
CLEARING = LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY)
MOST = Money(2**63 - 1, CNY)


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank on each database."""
    return Bank.of(infra)


def paid_in(amount: Money, key: str) -> Draft:
    return Draft("test", key, "top_up", (debit(CLEARING, amount), credit(WALLET, amount)))


def post(bank: Bank, draft: Draft) -> Posting:
    with bank.db.unit() as session:
        return ledger.post(session, draft, clock=bank.clock)


def beside(bank: Bank, draft: Draft, act: Callable[[], object]) -> "Future[object]":
    """Book a draft, and have another session act before it is committed; on PostgreSQL that one is seen to wait."""
    with ThreadPoolExecutor(1) as pool, bank.db.unit() as session:
        ledger.post(session, draft, clock=bank.clock)
        future = pool.submit(act)
        while not bank.db.is_sqlite and not _waits(bank):
            Event().wait(0.01)
    return future


def _waits(bank: Bank) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with bank.db.reader() as session:
        return bool(session.execute(text(waiting)).scalar_one())


def test_equal_top_ups_at_once_are_one_and_none_of_them_fails(bank: Bank) -> None:
    post(bank, paid_in(cny("1"), "first"))
    draft = paid_in(cny("5"), "same")
    again = beside(bank, draft, lambda: post(bank, draft)).result()
    assert isinstance(again, Posting)
    assert not again.new
    assert bank.wallet().posted == cny("6")


def test_the_very_first_top_ups_at_once_are_one_too(bank: Bank) -> None:
    draft = paid_in(cny("5"), "same")
    again = beside(bank, draft, lambda: post(bank, draft)).result()
    assert isinstance(again, Posting)
    assert not again.new
    assert bank.verified().ok


def test_a_wallet_that_is_rebuilt_beside_a_booking_loses_nothing(bank: Bank) -> None:
    def rebuild() -> None:
        with bank.db.unit() as session:
            ledger.rebuild_wallet(session, CUSTOMER, CNY)

    post(bank, paid_in(cny("1"), "first"))
    beside(bank, paid_in(cny("5"), "second"), rebuild).result()
    assert bank.wallet().posted == cny("6")
    assert bank.verified().ok


def test_two_big_top_ups_do_not_make_a_wallet_a_fraction(bank: Bank) -> None:
    post(bank, paid_in(MOST - cny("1"), "big"))
    with pytest.raises(WalletFull):
        post(bank, paid_in(cny("1.000000001"), "too much"))
    post(bank, paid_in(cny("1"), "the rest"))
    assert bank.wallet().posted == MOST
    assert bank.verified().ok


def test_the_database_itself_keeps_a_wallet_whole(bank: Bank) -> None:
    post(bank, paid_in(MOST, "all"))
    with pytest.raises(DBAPIError), bank.db.unit() as session:
        session.execute(text("UPDATE wallet SET posted_atoms = posted_atoms + 9000000000000000000"))
