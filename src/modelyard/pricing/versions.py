"""Price versions: what a product costs from an instant on, never changed once written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from modelyard.economics import Price
from modelyard.kernel import AccountId, DeploymentId, PriceId


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """One version of one product's price; `number` counts from 1 and the platform's share is pinned with it.

    `at_once` says that it was set to take effect when it was written, and not for a later day.
    """

    id: PriceId
    number: int
    seller: AccountId
    product: DeploymentId
    price: Price
    platform_share_bp: int
    effective_from: datetime
    at_once: bool = False


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

        Before all of them it is the first that was set to take effect at once: a server whose clock is behind must not
        give away what another one has priced. None means that use is free: nobody has set a price yet, or only for a
        later day.
        """
        in_force = [version for version in self.versions if version.effective_from <= instant]
        last = max(in_force, key=lambda version: (version.effective_from, version.number), default=None)
        return last or next((version for version in self.versions if version.at_once), None)

    def start(self, now: datetime) -> datetime:
        """Return when a version takes effect that is set at once: now, but not before another one that was set so."""
        return max([now, *(version.effective_from for version in self.versions if version.at_once)])
