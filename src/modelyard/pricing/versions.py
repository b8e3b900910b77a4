"""Price versions: what a product costs from an instant on, never changed once written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from modelyard.economics import Price
from modelyard.kernel import AccountId, DeploymentId, PriceId


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """One version of one product's price; `number` counts from 1 and the platform's share is pinned with it."""

    id: PriceId
    number: int
    seller: AccountId
    product: DeploymentId
    price: Price
    platform_share_bp: int
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """The versions of one product, in the order in which they were written.

    A snapshot keeps it whole, so that a version set for tomorrow takes effect without anybody touching the database.
    """

    versions: tuple[PriceVersion, ...]

    @classmethod
    def of(cls, versions: Iterable[PriceVersion]) -> "Timeline":
        """Return the timeline of these versions of one product, in any order."""
        return cls(tuple(sorted(versions, key=lambda version: version.number)))

    def at(self, instant: datetime) -> PriceVersion | None:
        """Return the version in force: the one that took effect last, and of equal ones the one written last.

        None means that nobody has set a price yet, so use is free.
        """
        in_force = [version for version in self.versions if version.effective_from <= instant]
        return max(in_force, key=lambda version: (version.effective_from, version.number), default=None)
