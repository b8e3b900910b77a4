"""Holds that nobody resolved: settled at the last checkpoint or given back, once, and never against a live one."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from modelyard.kernel import ManualClock
from modelyard.metering import Counter, HoldResolved, Keeper, Swept, Usage, UsageConflict
from modelyard.metering.keeper import BEAT, DEAD_AFTER
from tests.metering.bank import Bank, cny, together


@pytest.fixture
def keeper(bank: Bank) -> Keeper:
    """A keeper whose lease is that of the bank's counter, beating only when a test says so."""
    keeper = bank.keeper()
    keeper.process = bank.process
    keeper.beat()
    return keeper


def test_an_open_hold_of_a_live_process_is_left_alone(bank: Bank, keeper: Keeper) -> None:
    bank.reserve(bank.ask(None))
    assert keeper.sweep() == Swept()


def test_new_api_4429_a_hold_without_checkpoint_is_given_back_when_its_time_is_up(
    bank: Bank, keeper: Keeper, clock: ManualClock
) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price))
    clock.advance(timedelta(minutes=15))
    keeper.beat()
    assert keeper.sweep() == Swept(expired=1)
    assert keeper.sweep() == Swept()
    assert bank.wallet().available == cny("1")
    with pytest.raises(HoldResolved) as refused:
        bank.settle(hold, Usage(1, 1))
    assert refused.value.data["state"] == "expired"
    assert bank.verified().ok


def test_a_hold_with_a_checkpoint_is_settled_there_and_marked_as_estimated(
    bank: Bank, keeper: Keeper, clock: ManualClock
) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price))
    bank.checkpoint(hold, Usage(100, 10))
    bank.checkpoint(hold, Usage(100, 20))
    clock.advance(timedelta(minutes=15))
    keeper.beat()
    assert keeper.sweep() == Swept(settled=1)
    assert bank.wallet().posted == cny("0.9994")
    receipt = bank.settle(hold, Usage(100, 20))
    assert receipt.usage.estimated
    assert bank.verified().ok


def test_a_checkpoint_gives_a_long_stream_its_full_time_again(bank: Bank, keeper: Keeper, clock: ManualClock) -> None:
    hold = bank.reserve(bank.ask(None))
    for tokens in range(1, 10):
        clock.advance(timedelta(minutes=10))
        bank.checkpoint(hold, Usage(1, tokens))
        keeper.beat()
        assert keeper.sweep() == Swept()
    bank.settle(hold, Usage(1, 10))


def test_otari_128_the_next_process_resolves_what_a_dead_one_left_open(bank: Bank, clock: ManualClock) -> None:
    price = bank.price()
    bank.top_up("1")
    first, second = bank.reserve(bank.ask(price)), bank.reserve(bank.ask(price))
    bank.checkpoint(first, Usage(10, 10))
    clock.advance(DEAD_AFTER + BEAT)
    successor = bank.keeper()
    successor.start()
    successor.stop()
    assert successor.total == Swept(settled=1, expired=1)
    with pytest.raises(HoldResolved):
        bank.settle(second, Usage(1, 1))
    assert not bank.wallet().held
    assert bank.verified().ok


def test_a_process_that_falls_silent_loses_its_holds_and_one_that_beats_does_not(bank: Bank, keeper: Keeper) -> None:
    bank.reserve(bank.ask(None))
    other = bank.keeper()
    bank.silence(DEAD_AFTER)
    keeper.beat()
    other.beat()
    assert other.sweep() == Swept()
    bank.silence(DEAD_AFTER + BEAT)
    other.beat()
    assert other.sweep() == Swept(expired=1)


def test_a_server_whose_clock_is_ahead_sweeps_no_living_hold_of_another(bank: Bank, clock: ManualClock) -> None:
    if bank.db.is_sqlite:
        return  # one server, one clock
    first, second = bank.keeper(), Keeper(bank.writer, ManualClock(clock.now() + timedelta(hours=1)), alone=False)
    bank.counter = Counter(bank.writer, clock, first.process)
    first.beat()
    hold = bank.reserve(bank.ask(None))
    second.beat()
    assert second.sweep() == Swept()
    bank.settle(hold, Usage(1, 1))


def test_a_checkpoint_of_nothing_bills_nothing(bank: Bank, keeper: Keeper, clock: ManualClock) -> None:
    hold = bank.reserve(bank.ask(None))
    bank.checkpoint(hold, Usage(0, 0))
    clock.advance(timedelta(minutes=15))
    keeper.beat()
    assert keeper.sweep() == Swept(expired=1)
    assert bank.count("usage_event") == 0


def test_a_checkpoint_that_comes_between_reading_and_writing_saves_the_hold(
    bank: Bank, keeper: Keeper, clock: ManualClock
) -> None:
    hold = bank.reserve(bank.ask(None))
    bank.checkpoint(hold, Usage(1, 1))
    clock.advance(timedelta(minutes=20))
    read = bank.overdue()
    bank.checkpoint(hold, Usage(1, 2))
    assert [keeper._resolve("overdue", left, usage) for left, usage in read] == [Swept()]
    assert bank.settle(hold, Usage(1, 3)).usage.completion_tokens == 3


def test_sweeping_and_settling_at_once_bill_exactly_once(bank: Bank, clock: ManualClock) -> None:
    price = bank.price()
    bank.top_up("10")
    holds = [bank.reserve(bank.ask(price)) for _ in range(30)]
    for hold in holds[::2]:
        bank.checkpoint(hold, Usage(5, 5))
    clock.advance(timedelta(minutes=20))
    start = Barrier(3)

    def settle() -> None:
        start.wait()
        for hold in holds:
            with suppress(HoldResolved, UsageConflict):  # a sweep came first
                bank.settle(hold, Usage(7, 7))

    def sweep() -> None:
        start.wait()
        bank.keeper().sweep()

    together(settle, sweep, sweep)
    assert not bank.wallet().held
    assert bank.verified().findings == ()


def test_a_hold_that_its_wallet_does_not_cover_is_reported_and_does_not_stop_the_others(
    bank: Bank, keeper: Keeper, clock: ManualClock
) -> None:
    bank.top_up("1")
    damaged, sound = bank.reserve(bank.ask(bank.price())), bank.reserve(bank.ask(None))
    with bank.db.unit() as session:
        session.execute(text("UPDATE wallet SET held_atoms = 0"))
    clock.advance(timedelta(minutes=20))
    keeper.beat()
    assert keeper.sweep() == Swept(expired=1)
    with pytest.raises(RuntimeError, match="does not cover"):
        bank.void(damaged)
    with pytest.raises(HoldResolved):
        bank.void(sound)
    assert "wallet_held" in {finding.check for finding in bank.verified().findings}


def test_a_server_that_is_not_alone_leaves_the_leases_of_others(bank: Bank, keeper: Keeper) -> None:
    hold = bank.reserve(bank.ask(None))
    other = Keeper(bank.writer, bank.clock, alone=False)
    other.start()
    other.stop()
    bank.settle(hold, Usage(1, 1))
