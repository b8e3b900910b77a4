"""Rating: from a price and counted quantities to lines of money, exact to the atom.

Unit prices are whole atoms, so rating is a product of integers: rating two parts and adding gives what rating the
whole gives, in any order, and nothing is ever rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from modelyard.kernel import Currency, Money


class Meter(StrEnum):
    """What is counted; the value is its name in the database and on every wire."""

    PROMPT_TOKENS = "prompt_tokens"
    COMPLETION_TOKENS = "completion_tokens"


TOKEN_METERS = (Meter.PROMPT_TOKENS, Meter.COMPLETION_TOKENS)

Quantities = Mapping[Meter, int]
"""Counts by meter, never negative; a meter that is absent counts zero."""


class FinerThanAnAtom(ValueError):
    """A price divides into a fraction of an atom for one unit."""


@dataclass(frozen=True, slots=True)
class PerUnit:
    """So many atoms for each unit of one meter; `atoms >= 0`."""

    meter: Meter
    atoms: int

    def __post_init__(self) -> None:
        if self.atoms < 0:
            msg = "a price is not negative"
            raise ValueError(msg)

    def cost(self, quantities: "Quantities") -> int:
        """Return what the quantities cost at this rate, in atoms; raises ValueError for a negative one."""
        quantity = quantities.get(self.meter, 0)
        if quantity < 0:
            msg = f"{self.meter} counted {quantity}"
            raise ValueError(msg)
        return self.atoms * quantity


@dataclass(frozen=True, slots=True)
class Price:
    """The rates that apply together, all in one currency, each meter at most once."""

    currency: Currency
    rates: tuple[PerUnit, ...]

    def __post_init__(self) -> None:
        if len({each.meter for each in self.rates}) != len(self.rates):
            msg = "a meter has two rates in one price"
            raise ValueError(msg)

    @property
    def free(self) -> bool:
        """Tell whether no use of this price can cost anything."""
        return not any(each.atoms for each in self.rates)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: so many units of a meter, at so much each, make this amount."""

    meter: Meter
    quantity: int
    unit: Money
    amount: Money


def rate(price: Price, quantities: Quantities) -> tuple[Line, ...]:
    """Return one line a rate, in the order of the price; a quantity that no rate names costs nothing.

    Raises ValueError for a negative quantity and OverflowError beyond 64 bits.
    """
    return tuple(_line(price.currency, each, quantities) for each in price.rates)


def total(price: Price, quantities: Quantities) -> Money:
    """Return the sum of the lines that `rate` gives."""
    return Money(sum(each.cost(quantities) for each in price.rates), price.currency)


def unit_price(amount: Money, units: int) -> Money:
    """Return the price of one unit when so many cost this amount: 0.005 CNY for 1,000 is 5,000 atoms for one.

    Raises FinerThanAnAtom when one unit would cost a fraction of an atom, and ValueError when `units` is not positive.
    """
    if units <= 0:
        msg = "a price is for at least one unit"
        raise ValueError(msg)
    atoms, rest = divmod(amount.atoms, units)
    if rest:
        msg = f"{amount} for {units} units is not a whole number of atoms for one"
        raise FinerThanAnAtom(msg)
    return Money(atoms, amount.currency)


def _line(currency: Currency, each: PerUnit, quantities: Quantities) -> Line:
    amount = Money(each.cost(quantities), currency)
    return Line(each.meter, quantities.get(each.meter, 0), Money(each.atoms, currency), amount)
