"""Pure calculators: what an amount of use costs, and how a sale is shared.

One function, `rate`, prices use everywhere: the bound of a hold, the live usage page, the statement and later the
quote and the invoice, so no two places can disagree by an atom. The room refuses I/O, clocks and floats; a new price
model is a new kind of rate here and data elsewhere.
"""

from modelyard.economics.rating import (
    TOKEN_METERS,
    FinerThanAnAtom,
    Line,
    Meter,
    PerUnit,
    Price,
    Quantities,
    rate,
    total,
    unit_price,
)
from modelyard.economics.sharing import BASIS_POINTS, Shares, share

__all__ = [
    "BASIS_POINTS",
    "TOKEN_METERS",
    "FinerThanAnAtom",
    "Line",
    "Meter",
    "PerUnit",
    "Price",
    "Quantities",
    "Shares",
    "rate",
    "share",
    "total",
    "unit_price",
]
