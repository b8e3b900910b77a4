"""Booking once, correcting by new entries, and balances that can be rebuilt."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from modelyard import ledger
from modelyard.infra import Infra
from modelyard.kernel import CURRENCIES, LedgerTxnId, ManualClock, Money
from modelyard.ledger import (
    AccountKind,
    Draft,
    Entry,
    InsufficientFunds,
    KeyConflict,
    LedgerAccount,
    Posting,
    TransactionNotFound,
    credit,
    debit,
)
from modelyard.metering import Usage
from tests.metering.bank import CNY, CUSTOMER, Bank, cny

WALLET = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, CUSTOMER)
CLEARING = LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY)


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank on each database."""
    return Bank.of(infra)


def paid_in(amount: str, key: str = "k1") -> Draft:
    return Draft("test", key, "top_up", (debit(CLEARING, cny(amount)), credit(WALLET, cny(amount))))


def post(bank: Bank, draft: Draft) -> Posting:
    with bank.db.unit() as session:
        return ledger.post(session, draft, clock=bank.clock)


def reverse(bank: Bank, txn: LedgerTxnId) -> Posting:
    with bank.db.unit() as session:
        return ledger.reverse(session, txn, clock=bank.clock)


def test_formance_364_the_same_key_books_once_and_with_other_contents_is_a_conflict(bank: Bank) -> None:
    first = post(bank, paid_in("5"))
    assert post(bank, paid_in("5")) == Posting(first.txn, new=False)
    with pytest.raises(KeyConflict):
        post(bank, paid_in("6"))
    assert bank.wallet().posted == cny("5")


def test_a_mistake_is_corrected_by_its_opposite_once(bank: Bank) -> None:
    original = post(bank, paid_in("5")).txn
    first = reverse(bank, original)
    assert reverse(bank, original) == Posting(first.txn, new=False)
    assert (bank.wallet().posted, bank.count("ledger_txn")) == (cny("0"), 2)
    assert bank.verified().ok


def test_money_that_is_held_cannot_be_reversed_away(bank: Bank) -> None:
    original = post(bank, paid_in("0.001")).txn
    hold = bank.reserve(bank.ask(bank.price()))
    with pytest.raises(InsufficientFunds):
        reverse(bank, original)
    bank.void(hold)
    reverse(bank, original)
    assert bank.verified().ok


def test_what_was_never_booked_cannot_be_reversed(bank: Bank) -> None:
    with pytest.raises(TransactionNotFound):
        reverse(bank, LedgerTxnId("txn_none"))


def test_a_wallet_is_rebuilt_from_its_entries(bank: Bank) -> None:
    post(bank, paid_in("5"))
    bank.settle(bank.reserve(bank.ask(bank.price())), Usage(10, 10))
    truth = bank.wallet()
    with bank.db.unit() as session:
        session.execute(text("UPDATE wallet SET posted_atoms = 42"))
    assert [finding.check for finding in bank.verified().findings] == ["wallet_posted"]
    with bank.db.unit() as session:
        assert ledger.rebuild_wallet(session, CUSTOMER, CNY) == truth
    assert bank.verified().ok


def test_a_balance_as_of_any_instant_is_the_fold_of_its_entries(bank: Bank, clock: ManualClock) -> None:
    instants = [clock.now()]
    for n in range(1, 6):
        post(bank, paid_in(str(n), f"k{n}"))
        instants.append(clock.advance(timedelta(days=1)))
    with bank.db.reader() as session:
        folds = [ledger.balance_atoms(session, WALLET.id, before=instant) for instant in instants]
    assert folds == [-sum(range(n + 1)) * 10**9 for n in range(6)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-(10**6), 10**6), max_size=6))
def test_a_draft_balances_or_does_not_exist(atoms: list[int]) -> None:
    entries = tuple(Entry(WALLET, each) for each in atoms)
    if len(atoms) >= 2 and all(atoms) and not sum(atoms):
        assert Draft("test", "k", "test", entries).entries == entries
    else:
        with pytest.raises(ValueError):
            Draft("test", "k", "test", entries)


def test_currencies_balance_each_for_itself() -> None:
    usd = Money(5, CURRENCIES["USD"])
    clearing = LedgerAccount(AccountKind.PROCESSOR_CLEARING, usd.currency)
    with pytest.raises(ValueError, match="does not balance"):
        Draft("test", "k", "test", (debit(clearing, usd), credit(WALLET, Money(5, CNY))))


@pytest.mark.parametrize(
    ("kind", "owner"), [(AccountKind.CUSTOMER_WALLET, ""), (AccountKind.PLATFORM_REVENUE, "acc_x")]
)
def test_an_account_has_an_owner_exactly_when_its_kind_is_owned(kind: AccountKind, owner: str) -> None:
    with pytest.raises(ValueError, match="owner"):
        LedgerAccount(kind, CNY, owner)
