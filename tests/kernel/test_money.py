import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.kernel import CURRENCIES, CurrencyMismatch, Money, MoneyFormatError, currency
from modelyard.kernel.money import MAX_ATOMS, split_atoms

CNY, JPY, USD = currency("CNY"), currency("JPY"), currency("USD")
any_currency = st.sampled_from(sorted(CURRENCIES.values(), key=lambda c: c.code))
any_atoms = st.integers(-(10**15), 10**15)


def test_the_price_of_zhipu_is_an_exact_integer() -> None:
    per_thousand = Money.parse("0.005", CNY)
    assert per_thousand.atoms == 5_000_000
    assert per_thousand.atoms % 1000 == 0
    assert str(Money(per_thousand.atoms // 1000, CNY) * 1_000_000) == "5.00"


@given(any_atoms, any_currency)
def test_what_is_written_reads_back(atoms: int, of: object) -> None:
    money = Money(atoms, of)  # type: ignore[arg-type]  # the strategy yields currencies
    assert Money.parse(str(money), money.currency) == money


@given(any_atoms, st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any))
def test_a_split_adds_up_and_no_part_is_off_by_more_than_an_atom(atoms: int, weights: list[int]) -> None:
    parts = split_atoms(atoms, weights)
    assert sum(parts) == atoms
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - atoms * weight) < sum(weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 5]])
def test_weights_that_cannot_divide_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"weights|empty"):
        split_atoms(10, weights)


def test_parts_of_money_keep_its_currency() -> None:
    assert Money(10, CNY).split([1, 2]) == (Money(3, CNY), Money(7, CNY))


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.", "1e3", "1,000", " 1", "+1", "０.5", "NaN", "1.0000000001", "9" * 60, "--1"]
)
def test_texts_that_are_no_amount_are_refused(text: str) -> None:
    with pytest.raises(MoneyFormatError):
        Money.parse(text, CNY)


def test_amounts_beyond_64_bits_are_refused_and_never_wrap() -> None:
    with pytest.raises(MoneyFormatError):
        Money.parse("9300000000", CNY)
    with pytest.raises(OverflowError):
        Money(MAX_ATOMS, CNY) + Money(1, CNY)


@pytest.mark.parametrize(("text", "minor"), [("0.005", 1), ("-0.005", -1), ("0.0049", 0), ("1.994", 199), ("2", 200)])
def test_minor_units_round_half_away_from_zero(text: str, minor: int) -> None:
    assert Money.parse(text, CNY).minor() == minor


def test_small_unit_currencies_count_millionths() -> None:
    assert Money.parse("1", JPY).atoms == 1_000_000
    assert str(Money.parse("1", JPY)) == "1"
    assert Money.parse("1.5", JPY).minor() == 2


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, CNY) + Money(1, USD)
    with pytest.raises(CurrencyMismatch):
        _ = Money(1, CNY) < Money(1, USD)


def test_arithmetic_and_order() -> None:
    one, two = Money(1, CNY), Money(2, CNY)
    assert one + one == two
    assert two - one == one
    assert -one < Money.zero(CNY) < one <= two
    assert bool(one)
    assert not Money.zero(CNY)


def test_an_unknown_currency_is_named() -> None:
    with pytest.raises(MoneyFormatError, match="XXX"):
        currency("XXX")
