"""What a seller may ask for: unit prices in whole atoms, not negative, not absurd, not in the past."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.economics import BASIS_POINTS, TOKEN_METERS, FinerThanAnAtom, Meter, PerUnit, Price, unit_price
from modelyard.kernel import AccountId, Currency, DeploymentId, Money
from modelyard.pricing.errors import PriceInThePast, PriceNotValid, PriceTooFine, PriceTooHigh
from modelyard.pricing.versions import Timeline

HIGHEST_UNITS = 100
"""One token may cost at most this many units of its currency, so that eight answers of a million tokens fit 64 bits."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is sold, and who sells it."""

    id: DeploymentId
    seller: AccountId


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seller asks for, from when on (None is now), and the platform's share of it."""

    price: Price
    platform_share_bp: int
    effective_from: datetime | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.platform_share_bp <= BASIS_POINTS:
            msg = "a share is between 0 and 10,000 basis points"
            raise ValueError(msg)


def token_price(prompt: Money, completion: Money, *, per: int) -> Price:
    """Return the price of tokens when `per` prompt tokens cost one amount and `per` completion tokens the other.

    Raises PriceTooFine, PriceTooHigh or PriceNotValid, each with the field that is wrong.
    """
    if prompt.currency != completion.currency:
        raise PriceNotValid(field="completion", reason="both prices need the same currency")
    rates = zip(TOKEN_METERS, ("prompt", "completion"), (prompt, completion), strict=True)
    return Price(prompt.currency, tuple(_per_token(meter, field, amount, per) for meter, field, amount in rates))


def start(terms: Terms, known: Timeline, now: datetime) -> datetime:
    """Return when the terms take effect; raises PriceInThePast."""
    if terms.effective_from is None:
        return known.start(now)
    if terms.effective_from < now:
        raise PriceInThePast(field="effective_from")
    return terms.effective_from


def atoms_of(price: Price, meter: Meter) -> int:
    """Return the atoms for one unit of a meter; zero where no rate names it."""
    return next((each.atoms for each in price.rates if each.meter is meter), 0)


def _per_token(meter: Meter, field: str, amount: Money, per: int) -> PerUnit:
    if amount.atoms < 0:
        raise PriceNotValid(field=field, reason="a price is not negative")
    if per <= 0:
        raise PriceNotValid(field="per_tokens", reason="a price is for at least one token")
    try:
        unit = unit_price(amount, per)
    except FinerThanAnAtom:
        step = str(Money(1, amount.currency))
        code = amount.currency.code
        raise PriceTooFine(field=field, amount=str(amount), currency=code, tokens=per, step=step) from None
    if unit.atoms > highest(amount.currency).atoms:
        raise PriceTooHigh(field=field, amount=str(unit), currency=amount.currency.code)
    return PerUnit(meter, unit.atoms)


def highest(of: Currency) -> Money:
    """Return the most that one token may cost."""
    return Money(HIGHEST_UNITS * of.atoms_per_unit, of)
