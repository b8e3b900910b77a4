"""Hold, settle, void: what each leaves behind, and what each refuses."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.infra import epoch
from modelyard.kernel import DeploymentId, Kind, Money
from modelyard.ledger import AccountKind
from modelyard.metering import (
    CreditExhausted,
    HoldNotFound,
    HoldResolved,
    NoWallet,
    RequestConflict,
    StaleEpoch,
    Usage,
    UsageConflict,
)
from tests.metering.bank import CNY, CUSTOMER, PRODUCT, PUBLISHER, Bank, cny


def test_a_hold_sets_the_whole_bound_aside_and_a_settlement_takes_what_was_used(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price, Usage(100, 900)))
    assert (hold.amount, bank.wallet().held, bank.wallet().available) == (cny("0.005"), cny("0.005"), cny("0.995"))
    receipt = bank.settle(hold, Usage(80, 120))
    assert receipt.charge is not None
    assert receipt.charge.charged == cny("0.001")
    assert (receipt.charge.seller, receipt.charge.platform) == (cny("0.0008"), cny("0.0002"))
    assert (bank.wallet().posted, bank.wallet().held) == (cny("0.999"), cny("0"))
    assert bank.owed(AccountKind.SELLER_PAYABLE, PUBLISHER) == cny("0.0008")
    assert bank.owed(AccountKind.PLATFORM_REVENUE) == cny("0.0002")
    assert bank.owed(AccountKind.CUSTOMER_WALLET, CUSTOMER) == cny("0.999")


def test_a_void_gives_all_back_and_leaves_no_trace_of_use(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price))
    bank.void(hold)
    bank.void(hold)
    assert bank.wallet().available == cny("1")
    assert bank.count("usage_event") == 0


def test_a_free_product_is_held_and_counted_without_wallet_or_ledger(bank: Bank) -> None:
    hold = bank.reserve(bank.ask(None))
    receipt = bank.settle(hold, Usage(5, 7))
    assert (hold.amount, receipt.charge, receipt.txn) == (None, None, None)
    assert (bank.count("usage_event"), bank.count("ledger_txn")) == (1, 0)


def test_a_price_of_zero_is_counted_with_a_charge_of_nothing(bank: Bank) -> None:
    hold = bank.reserve(bank.ask(bank.price("0", "0")))
    receipt = bank.settle(hold, Usage(5, 7))
    assert receipt.charge is not None
    assert (receipt.charge.charged, receipt.txn) == (Money.zero(CNY), None)


def test_a_template_that_outgrows_the_hold_prints_no_money_for_its_seller(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    receipt = bank.settle(bank.reserve(bank.ask(price, Usage(100, 100))), Usage(100, 300))
    assert receipt.charge is not None
    assert (receipt.charge.charged, receipt.charge.overrun) == (cny("0.001"), cny("0.001"))
    assert bank.wallet().posted == cny("0.999")
    assert receipt.charge.rated == cny("0.002")
    assert (receipt.charge.seller, receipt.charge.platform) == (cny("0.0008"), cny("0.0002"))
    assert bank.owed(AccountKind.SELLER_PAYABLE, PUBLISHER) == cny("0.0008")
    assert bank.owed(AccountKind.PLATFORM_REVENUE) == cny("0.0002")
    assert bank.verified().ok


def test_use_of_an_empty_hold_is_counted_and_owed_to_nobody(bank: Bank) -> None:
    receipt = bank.settle(bank.reserve(bank.ask(bank.price(), Usage(0, 0))), Usage(9, 9))
    assert receipt.charge is not None
    assert (receipt.charge.overrun, receipt.charge.seller, receipt.txn) == (cny("0.00009"), cny("0"), None)
    assert bank.verified().ok


def test_without_a_wallet_a_priced_product_is_refused_and_nothing_is_left(bank: Bank) -> None:
    with pytest.raises(NoWallet) as refused:
        bank.reserve(bank.ask(bank.price()))
    assert refused.value.kind is Kind.PAYMENT_REQUIRED
    assert bank.count("hold") == 0


def test_credit_that_does_not_cover_the_bound_is_refused_with_both_amounts(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("0.0015")
    bank.reserve(bank.ask(price))
    with pytest.raises(CreditExhausted) as refused:
        bank.reserve(bank.ask(price))
    assert (refused.value.data["available"], refused.value.data["needed"]) == ("0.0005", "0.001")
    assert (bank.count("hold"), bank.wallet().held) == (1, cny("0.001"))


def test_the_last_atom_of_credit_can_be_held(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("0.001")
    bank.reserve(bank.ask(price))
    assert not bank.wallet().available


def test_a_stale_snapshot_holds_nothing_priced_or_free(bank: Bank) -> None:
    bank.top_up("1")
    price = bank.price()
    stale = [bank.ask(price), bank.ask(None)]
    with bank.db.unit() as session:
        epoch.bump(session)
    for ask in stale:
        with pytest.raises(StaleEpoch):
            bank.reserve(ask)
    assert (bank.count("hold"), bank.wallet().held) == (0, cny("0"))
    bank.reserve(replace(stale[0], epoch=bank.epoch()))


def test_a_price_changed_in_mid_stream_leaves_the_hold_its_own_price(bank: Bank) -> None:
    old = bank.price("0.005", "0.005")
    bank.top_up("1")
    hold = bank.reserve(bank.ask(old))
    bank.price("5", "5")
    receipt = bank.settle(hold, Usage(100, 100))
    assert receipt.charge is not None
    assert (receipt.price, receipt.charge.charged) == (old.id, cny("0.001"))


def test_asking_again_for_the_same_request_is_the_same_hold(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    ask = bank.ask(price)
    first = bank.reserve(ask)
    again = bank.reserve(replace(ask, epoch=0))
    assert (again.amount, again.expires_at) == (first.amount, first.expires_at)
    assert (bank.count("hold"), bank.wallet().held) == (1, cny("0.001"))


def test_a_request_id_for_something_else_is_a_conflict(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    ask = bank.ask(price)
    bank.reserve(ask)
    for other in (replace(ask, product=DeploymentId("dep_other")), replace(ask, bound=Usage(1, 1))):
        with pytest.raises(RequestConflict):
            bank.reserve(other)


def test_settling_again_alike_is_the_same_receipt_and_otherwise_a_conflict(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price))
    first = bank.settle(hold, Usage(10, 20))
    assert bank.settle(hold, Usage(10, 20)) == first
    with pytest.raises(UsageConflict):
        bank.settle(hold, Usage(10, 21))
    assert (bank.count("usage_event"), bank.wallet().posted) == (1, cny("0.99985"))


def test_a_settled_hold_is_neither_voided_nor_checkpointed_nor_held_again(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    ask = bank.ask(price)
    hold = bank.reserve(ask)
    bank.settle(hold, Usage(10, 20))
    for act in (lambda: bank.void(hold), lambda: bank.checkpoint(hold, Usage(10, 30)), lambda: bank.reserve(ask)):
        with pytest.raises(HoldResolved) as refused:
            act()
        assert refused.value.data["state"] == "settled"


def test_a_voided_hold_is_not_settled(bank: Bank) -> None:
    hold = bank.reserve(bank.ask(None))
    bank.void(hold)
    with pytest.raises(HoldResolved):
        bank.settle(hold, Usage(1, 1))
    assert bank.count("usage_event") == 0


def test_what_was_never_held_cannot_be_resolved(bank: Bank) -> None:
    hold = bank.reserve(bank.ask(None))
    ghost = replace(hold, ask=bank.ask(None))
    for act in (lambda: bank.void(ghost), lambda: bank.settle(ghost, Usage(1, 1))):
        with pytest.raises(HoldNotFound):
            act()


@given(st.integers(max_value=-1))
def test_a_negative_count_is_no_usage(count: int) -> None:
    for broken in (lambda: Usage(count, 0), lambda: Usage(0, count)):
        with pytest.raises(ValueError):
            broken()


def test_each_customer_pays_from_the_wallet_in_the_currency_of_the_price(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    receipt = bank.settle(bank.reserve(bank.ask(price)), Usage(1, 1))
    assert (receipt.account, receipt.seller, receipt.product) == (CUSTOMER, PUBLISHER, PRODUCT)
