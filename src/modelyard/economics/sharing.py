"""How one sale is shared between the seller and the platform."""

from dataclasses import dataclass

from modelyard.kernel import Money

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Shares:
    """The two parts of a sale; together they are the whole, to the atom."""

    seller: Money
    platform: Money


def share(gross: Money, platform_bp: int) -> Shares:
    """Share a sale by the platform's basis points, with the largest remainder; an equal remainder goes to the seller.

    Raises ValueError unless `0 <= platform_bp <= 10,000`.
    """
    if not 0 <= platform_bp <= BASIS_POINTS:
        msg = "a share is between 0 and 10,000 basis points"
        raise ValueError(msg)
    seller, platform = gross.split((BASIS_POINTS - platform_bp, platform_bp))
    return Shares(seller, platform)
