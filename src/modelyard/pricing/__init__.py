"""What things cost: versions of prices that never change once they are written.

A seller sets a price for a product (a deployment); each setting is a new version with the platform's share pinned on
it, so that what was sold yesterday is rated tomorrow as it was sold. The room refuses to edit or delete a version,
to date one back, and to take a price finer than one atom for one token.
"""

from modelyard.pricing.errors import PriceInThePast, PriceNotValid, PriceTooFine, PriceTooHigh, ProductNotFound
from modelyard.pricing.products import ProductOwners
from modelyard.pricing.rules import Product, Terms, token_price
from modelyard.pricing.service import history, price_at, set_price, timelines
from modelyard.pricing.store import by_ids, find
from modelyard.pricing.versions import PriceVersion, Timeline

__all__ = [
    "PriceInThePast",
    "PriceNotValid",
    "PriceTooFine",
    "PriceTooHigh",
    "PriceVersion",
    "Product",
    "ProductNotFound",
    "ProductOwners",
    "Terms",
    "Timeline",
    "by_ids",
    "find",
    "history",
    "price_at",
    "set_price",
    "timelines",
    "token_price",
]
