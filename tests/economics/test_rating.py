from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.economics import FinerThanAnAtom, Meter, PerUnit, Price, rate, total, unit_price
from modelyard.kernel import CURRENCIES, Money

CNY, USD = CURRENCIES["CNY"], CURRENCIES["USD"]
Used = dict[Meter, int]
counts = st.integers(0, 10**7)
atoms = st.integers(0, 10**10)
quantities = st.fixed_dictionaries({}, optional=dict.fromkeys(Meter, counts))


@st.composite
def prices(draw: st.DrawFn) -> Price:
    meters = draw(st.lists(st.sampled_from(list(Meter)), unique=True))
    return Price(draw(st.sampled_from([CNY, USD])), tuple(PerUnit(meter, draw(atoms)) for meter in meters))


@given(prices(), quantities, quantities)
def test_two_parts_cost_what_the_whole_costs(price: Price, first: Used, second: Used) -> None:
    whole = {meter: first.get(meter, 0) + second.get(meter, 0) for meter in Meter}
    assert total(price, first) + total(price, second) == total(price, whole)


@given(prices(), quantities)
def test_the_total_is_the_sum_of_the_lines_and_each_line_is_units_times_unit_price(price: Price, used: Used) -> None:
    lines = rate(price, used)
    assert sum(line.amount.atoms for line in lines) == total(price, used).atoms
    assert all(line.amount == line.unit * line.quantity for line in lines)


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_a_unit_price_is_exact_or_refused(amount: int, units: int) -> None:
    money = Money(amount, USD)
    exact = Fraction(amount, units)
    if exact.denominator == 1:
        assert unit_price(money, units).atoms == exact
    else:
        with pytest.raises(FinerThanAnAtom):
            unit_price(money, units)


def test_zhipu_0_005_cny_for_1000_tokens_is_5000_atoms_a_token() -> None:
    unit = unit_price(Money.parse("0.005", CNY), 1000)
    assert unit.atoms == 5_000
    price = Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, unit.atoms), PerUnit(Meter.COMPLETION_TOKENS, unit.atoms)))
    assert str(total(price, {Meter.PROMPT_TOKENS: 600, Meter.COMPLETION_TOKENS: 70})) == "0.00335"


def test_gpt4_three_and_six_cents_for_1000_tokens() -> None:
    prompt, completion = (unit_price(Money.parse(text, USD), 1000) for text in ("0.03", "0.06"))
    price = Price(USD, (PerUnit(Meter.PROMPT_TOKENS, prompt.atoms), PerUnit(Meter.COMPLETION_TOKENS, completion.atoms)))
    lines = rate(price, {Meter.PROMPT_TOKENS: 1000, Meter.COMPLETION_TOKENS: 500})
    assert [str(line.amount) for line in lines] == ["0.03", "0.03"]


def test_a_million_embedding_calls_drift_by_nothing() -> None:
    """new-api #2608 and one-api #599 over-bill tiny calls by rounding each; control-layer PR 227 gave them away."""
    unit = unit_price(Money.parse("0.02", USD), 1_000_000)
    price = Price(USD, (PerUnit(Meter.PROMPT_TOKENS, unit.atoms),))
    calls = [1 + i % 50 for i in range(100_000)]
    by_call = sum(total(price, {Meter.PROMPT_TOKENS: tokens}).atoms for tokens in calls)
    assert by_call == total(price, {Meter.PROMPT_TOKENS: sum(calls)}).atoms


def test_what_no_rate_names_is_free_and_nothing_costs_nothing() -> None:
    price = Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, 7),))
    assert total(price, {Meter.COMPLETION_TOKENS: 10**6}) == Money.zero(CNY)
    assert not price.free
    assert Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, 0),)).free


@pytest.mark.parametrize(
    "broken",
    [
        lambda: PerUnit(Meter.PROMPT_TOKENS, -1),
        lambda: Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, 1), PerUnit(Meter.PROMPT_TOKENS, 2))),
        lambda: rate(Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, 1),)), {Meter.PROMPT_TOKENS: -1}),
        lambda: unit_price(Money(1, CNY), 0),
    ],
)
def test_nonsense_is_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        broken()
