"""Setting a price: versions that stay, the platform's share pinned on each, and what is refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from modelyard import accounts, pricing
from modelyard.accounts import ANONYMOUS, Actor, Forbidden, SignInRequired
from modelyard.accounts.rules.scopes import EVERY_SCOPE
from modelyard.economics import Meter, total
from modelyard.infra import Infra, epoch
from modelyard.infra.sql import over
from modelyard.kernel import CURRENCIES, AccountId, DeploymentId, Kind, ManualClock, Money, PriceId
from modelyard.pricing import (
    PriceInThePast,
    PriceNotValid,
    PriceTooFine,
    PriceTooHigh,
    PriceVersion,
    Product,
    Terms,
    Timeline,
    token_price,
)
from modelyard.pricing.models import PriceVersionRow
from tests.metering.bank import CNY, PRODUCT, PUBLISHER, SYSTEM, Bank, cny

OURS = Product(PRODUCT, PUBLISHER)
FIVE_MILLI = token_price(cny("0.005"), cny("0.005"), per=1000)


@pytest.fixture
def bank(infra: Infra) -> Bank:
    """A bank on each database."""
    return Bank.of(infra)


def set_price(bank: Bank, terms: Terms, actor: Actor = SYSTEM) -> PriceVersion:
    with bank.db.unit() as session:
        return pricing.set_price(session, actor=actor, product=OURS, terms=terms, clock=bank.clock)


def price_now(bank: Bank) -> PriceVersion | None:
    with bank.db.reader() as session:
        return pricing.price_at(session, PRODUCT, bank.clock.now())


def test_a_price_is_in_force_at_once_and_the_old_version_stays(bank: Bank, clock: ManualClock) -> None:
    before = clock.now()
    first = set_price(bank, Terms(FIVE_MILLI, 2000))
    clock.advance(timedelta(hours=1))
    second = set_price(bank, Terms(token_price(cny("0.01"), cny("0.02"), per=1000), 1500))
    assert price_now(bank) == second
    with bank.db.reader() as session:
        assert pricing.price_at(session, PRODUCT, before) == first
        assert [version.number for version in pricing.history(session, PRODUCT)] == [1, 2]
        assert pricing.timelines(session)[PRODUCT].at(clock.now()) == second
    assert (first.platform_share_bp, second.platform_share_bp) == (2000, 1500)


def test_without_a_price_use_is_free(bank: Bank) -> None:
    assert price_now(bank) is None


def test_a_clock_that_is_behind_gives_nothing_away(bank: Bank, clock: ManualClock) -> None:
    first = set_price(bank, Terms(FIVE_MILLI, 2000))
    bank.clock = ManualClock(clock.now() - timedelta(seconds=1))
    assert price_now(bank) == first
    second = set_price(bank, Terms(FIVE_MILLI, 1000))
    assert second.effective_from == first.effective_from
    bank.clock = clock
    assert price_now(bank) == second


def test_a_price_for_tomorrow_leaves_today_free_or_as_it_is(bank: Bank, clock: ManualClock) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    set_price(bank, Terms(FIVE_MILLI, 2000, tomorrow))
    assert price_now(bank) is None
    today = set_price(bank, Terms(FIVE_MILLI, 1000))
    assert (price_now(bank), today.effective_from) == (today, clock.now())


def test_the_highest_price_of_the_longest_answers_can_still_be_held() -> None:
    highest = token_price(cny("100"), cny("100"), per=1)
    assert total(highest, {Meter.PROMPT_TOKENS: 2**20, Meter.COMPLETION_TOKENS: 8 * 2**20}).atoms < 2**63


def test_setting_the_price_that_is_in_force_writes_no_second_version(bank: Bank, clock: ManualClock) -> None:
    first = set_price(bank, Terms(FIVE_MILLI, 2000))
    clock.advance(timedelta(hours=1))
    assert set_price(bank, Terms(FIVE_MILLI, 2000)) == first
    assert set_price(bank, Terms(FIVE_MILLI, 1000)).number == 2


def test_a_price_for_tomorrow_waits_for_tomorrow(bank: Bank, clock: ManualClock) -> None:
    today = set_price(bank, Terms(FIVE_MILLI, 2000))
    tomorrow = set_price(bank, Terms(token_price(cny("1"), cny("1"), per=1000), 2000, clock.now() + timedelta(days=1)))
    assert price_now(bank) == today
    clock.advance(timedelta(days=1))
    assert price_now(bank) == tomorrow


def test_a_price_is_never_dated_back(bank: Bank, clock: ManualClock) -> None:
    with pytest.raises(PriceInThePast) as refused:
        set_price(bank, Terms(FIVE_MILLI, 2000, clock.now() - timedelta(microseconds=1)))
    assert refused.value.field == "effective_from"


def test_every_new_price_makes_each_snapshot_stale(bank: Bank) -> None:
    with bank.db.reader() as session:
        before = epoch.current(session)
    set_price(bank, Terms(FIVE_MILLI, 2000))
    with bank.db.reader() as session:
        assert epoch.current(session) > before


def test_only_a_writer_of_the_seller_sets_its_price_and_the_act_is_on_record(bank: Bank) -> None:
    stranger = Actor(AccountId("acc_stranger"), "stranger", EVERY_SCOPE)
    publisher = Actor(PUBLISHER, "publisher", EVERY_SCOPE)
    with pytest.raises(Forbidden):
        set_price(bank, Terms(FIVE_MILLI, 2000), stranger)
    with pytest.raises(SignInRequired):
        set_price(bank, Terms(FIVE_MILLI, 2000), ANONYMOUS)
    version = set_price(bank, Terms(FIVE_MILLI, 2000), publisher)
    with bank.db.reader() as session:
        assert session.scalars(select(PriceVersionRow.created_by)).all() == [PUBLISHER]
        trail = accounts.audit_page(session, actor=SYSTEM, owner=PUBLISHER)
    assert [(entry.act, entry.subject) for entry in trail.items] == [("price.set", version.product)]


@pytest.mark.parametrize(
    ("prompt", "completion", "per", "error", "field"),
    [
        ("0.0000001", "0.005", 1000, PriceTooFine, "prompt"),
        ("0.005", "0.0000015", 1000, PriceTooFine, "completion"),
        ("0.0005", "0", 1_000_000, PriceTooFine, "prompt"),
        ("101", "0", 1, PriceTooHigh, "prompt"),
        ("-0.005", "0.005", 1000, PriceNotValid, "prompt"),
        ("0.005", "0.005", 0, PriceNotValid, "per_tokens"),
    ],
)
def test_a_price_that_cannot_be_kept_exactly_names_its_field(
    prompt: str, completion: str, per: int, error: type[PriceTooFine], field: str
) -> None:
    with pytest.raises(error) as refused:
        token_price(cny(prompt), cny(completion), per=per)
    assert (refused.value.field, refused.value.kind) == (field, Kind.INVALID)


def test_both_prices_share_one_currency() -> None:
    with pytest.raises(PriceNotValid):
        token_price(cny("0.005"), Money.parse("0.005", CURRENCIES["USD"]), per=1000)


@pytest.mark.parametrize("share", [-1, 10_001])
def test_a_share_beyond_the_whole_is_refused(share: int) -> None:
    with pytest.raises(ValueError, match="share"):
        Terms(FIVE_MILLI, share)


starts = st.lists(st.integers(0, 5), max_size=6)


@given(starts, st.integers(-1, 6))
def test_the_version_in_force_is_the_one_that_took_effect_last(minutes: list[int], now: int) -> None:
    clock = ManualClock()
    versions = [
        PriceVersion(
            id=PriceId(f"prc_{n}"),
            number=n,
            seller=PUBLISHER,
            product=DeploymentId("dep_x"),
            price=FIVE_MILLI,
            platform_share_bp=0,
            effective_from=clock.now() + timedelta(minutes=minute),
        )
        for n, minute in enumerate(minutes, 1)
    ]
    found = Timeline.of(reversed(versions)).at(clock.now() + timedelta(minutes=now))
    expected = max(((minute, n) for n, minute in enumerate(minutes, 1) if minute <= now), default=None)
    assert (found.number if found else None) == (expected[1] if expected else None)


def test_the_price_of_zhipu_is_kept_to_the_atom(bank: Bank) -> None:
    version = set_price(bank, Terms(FIVE_MILLI, 2000))
    assert [each.atoms for each in version.price.rates] == [5_000, 5_000]
    assert version.price.currency == CNY


def test_a_version_that_does_not_exist_is_none(bank: Bank) -> None:
    with bank.db.reader() as session:
        assert pricing.find(over(session), PriceId("prc_none")) is None
