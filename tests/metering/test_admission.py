"""Budgets hold under load: what is admitted never exceeds the balance, by not one atom."""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from itertools import count
from threading import Barrier

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard import ledger
from modelyard.infra import Statements, Writer
from modelyard.kernel import AccountId
from modelyard.metering import CreditExhausted, HoldResolved, Receipt, RequestId, StaleEpoch, Usage, UsageConflict
from tests.metering.bank import CNY, Bank, cny, together


def test_litellm_34732_many_callers_at_once_are_admitted_up_to_the_balance_exactly(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("0.0105")
    asks = [bank.ask(price) for _ in range(64)]

    async def all_at_once() -> int:
        outcomes = await asyncio.gather(*(bank.counter.reserve(ask) for ask in asks), return_exceptions=True)
        assert all(isinstance(each, CreditExhausted) for each in outcomes if isinstance(each, BaseException))
        return sum(not isinstance(each, BaseException) for each in outcomes)

    assert asyncio.run(all_at_once()) == 10
    assert bank.wallet().held == cny("0.01")
    assert bank.verified().ok


def test_new_api_5690_two_processes_share_one_balance(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("0.0205")
    admitted: list[str] = []

    def process(name: str) -> None:
        writer = Writer(bank.db)
        other = Bank(bank.db, writer, bank.clock, name)
        for _ in range(20):
            with suppress(CreditExhausted):
                admitted.append(other.reserve(bank.ask(price)).request)
        writer.close()

    together(*(lambda name=f"boot_{n}": process(name) for n in range(4)))
    assert len(admitted) == 20
    assert bank.wallet().available == cny("0.0005")
    assert bank.verified().ok


def test_litellm_40002_the_whole_prompt_is_reserved_at_its_price(bank: Bank) -> None:
    price = bank.price("0.03", "0.06")
    bank.top_up("0.45")
    long_prompt = Usage(8_000, 1_000)
    admitted = 0
    for _ in range(5):
        with suppress(CreditExhausted):
            bank.reserve(bank.ask(price, long_prompt))
            admitted += 1
    assert admitted == 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(2, 5))
def test_litellm_35569_retries_in_any_order_count_once(bank: Bank, seed: int, tries: int) -> None:
    chance = random.Random(seed)
    price = bank.price()
    bank.top_up("1")
    before = bank.wallet().posted
    asks = [bank.ask(price) for _ in range(4)]
    steps = [ask for ask in asks for _ in range(tries)]
    chance.shuffle(steps)
    for ask in steps:
        with suppress(HoldResolved):
            hold = bank.reserve(ask)
            if chance.random() < 0.7:
                bank.settle(hold, Usage(10, 10))
    for ask in asks:
        with suppress(HoldResolved):
            bank.settle(bank.reserve(replace(ask, epoch=bank.epoch())), Usage(10, 10))
    assert before - bank.wallet().posted == cny("0.0001") * len(asks)
    assert not bank.wallet().held
    assert bank.verified().ok


def test_vexa_330_each_emission_of_one_event_bills_once(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    hold = bank.reserve(bank.ask(price))

    async def emit(usage: Usage) -> bool:
        with suppress(UsageConflict):
            await bank.counter.settle(hold, usage)
            return True
        return False

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(emit(Usage(10, n % 2)) for n in range(16)))

    assert sum(asyncio.run(all_at_once())) == 8
    assert (bank.count("usage_event"), bank.count("ledger_txn")) == (1, 2)
    assert bank.verified().ok


def test_two_processes_that_want_two_wallets_in_opposite_order_both_get_them(bank: Bank) -> None:
    customers = AccountId("acc_a"), AccountId("acc_b")
    for customer in customers:
        bank.top_up("1", customer)
    meeting = Barrier(2, timeout=10)

    def process(order: tuple[AccountId, ...]) -> None:
        writer = Writer(bank.db)
        tries = count()

        def work(statements: Statements) -> None:
            first, second = order
            assert ledger.move(statements, first, CNY, posted=0, held=1)
            if next(tries) == 0 and not bank.db.is_sqlite:
                meeting.wait()
            assert ledger.move(statements, second, CNY, posted=0, held=1)

        writer.submit(work).result(timeout=30)
        writer.close()

    together(lambda: process(customers), lambda: process(customers[::-1]))
    with bank.db.reader() as session:
        held = [wallet.held.atoms for customer in customers for wallet in ledger.wallets(session, customer)]
    assert held == [2, 2]


def test_requests_of_one_moment_are_held_and_settled_together(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("1")
    bank.top_up("1", AccountId("acc_other"))
    asks = [bank.ask(price) for _ in range(40)]
    asks += [replace(bank.ask(price), account=AccountId("acc_other")) for _ in range(40)]
    asks += [bank.ask(None) for _ in range(10)]

    async def all_at_once() -> list[Receipt]:
        holds = await asyncio.gather(*(bank.counter.reserve(ask) for ask in asks))
        return await asyncio.gather(*(bank.counter.settle(hold, Usage(n, n)) for n, hold in enumerate(holds)))

    receipts = asyncio.run(all_at_once())
    assert [receipt.usage.prompt_tokens for receipt in receipts] == list(range(90))
    assert bank.wallet().posted == cny("1") - cny("0.00001") * sum(range(40))
    assert (bank.count("usage_event"), bank.wallet().held) == (90, cny("0"))
    assert bank.verified().findings == ()


def test_one_bad_request_in_a_batch_fails_alone(bank: Bank) -> None:
    price = bank.price()
    bank.top_up("0.0105")
    asks = [bank.ask(price) for _ in range(12)]
    stale = replace(asks[0], request=RequestId("req_stale"), epoch=0)

    async def all_at_once() -> list[object]:
        return await asyncio.gather(*(bank.counter.reserve(ask) for ask in (stale, *asks)), return_exceptions=True)

    outcomes = asyncio.run(all_at_once())
    assert isinstance(outcomes[0], StaleEpoch)
    assert sum(isinstance(each, CreditExhausted) for each in outcomes) == 2
    assert bank.wallet().held == cny("0.01")
