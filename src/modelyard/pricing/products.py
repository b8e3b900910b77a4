"""What pricing must ask of the room that serves: who sells a product, and what people call it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from modelyard.accounts import Actor
from modelyard.kernel import DeploymentId
from modelyard.pricing.rules import Product


class ProductOwners(Protocol):
    """Knows the products; app.py plugs in the one that asks serving."""

    def find(self, session: Session, *, actor: Actor, product: DeploymentId) -> Product | None:
        """Return a product that the actor may see, or None."""
        ...

    def titles(self, session: Session, products: Iterable[DeploymentId]) -> Mapping[DeploymentId, str]:
        """Return the names of products for people, also of those that are gone; one that never was is absent."""
        ...
