from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.economics import BASIS_POINTS, share
from modelyard.kernel import CURRENCIES, Money

CNY = CURRENCIES["CNY"]


@given(st.integers(0, 10**15), st.integers(0, BASIS_POINTS))
def test_the_shares_are_the_whole_and_within_an_atom_of_exact(gross: int, bp: int) -> None:
    shares = share(Money(gross, CNY), bp)
    assert shares.seller.atoms + shares.platform.atoms == gross
    assert abs(shares.platform.atoms - Fraction(gross * bp, BASIS_POINTS)) < 1
    assert min(shares.seller.atoms, shares.platform.atoms) >= 0


@given(st.integers(0, 10**15), st.integers(0, BASIS_POINTS))
def test_a_reversal_gives_back_exactly_what_was_shared(gross: int, bp: int) -> None:
    forth, back = share(Money(gross, CNY), bp), share(Money(-gross, CNY), bp)
    assert (back.seller, back.platform) == (-forth.seller, -forth.platform)


def test_an_equal_remainder_goes_to_the_seller() -> None:
    assert share(Money(1, CNY), 5_000).seller.atoms == 1


@pytest.mark.parametrize("bp", [-1, 10_001])
def test_a_share_beyond_the_whole_is_refused(bp: int) -> None:
    with pytest.raises(ValueError):
        share(Money(1, CNY), bp)
