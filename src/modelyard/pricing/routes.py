"""Prices under /api/v1."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from modelyard.accounts.http import Authenticator
from modelyard.infra import Infra
from modelyard.kernel import DeploymentId
from modelyard.pricing import service
from modelyard.pricing.errors import ProductNotFound
from modelyard.pricing.products import ProductOwners
from modelyard.pricing.rules import Product
from modelyard.pricing.schemas import CurrentPrice, PriceHistory, PriceView, SetPrice


def build_router(infra: Infra, auth: Authenticator, owners: ProductOwners) -> APIRouter:
    """Return the router of the room; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1/deployments/{deployment}", tags=["prices"])
    faces = PriceRoutes(infra, auth, owners)
    router.add_api_route("/price", faces.show, methods=["GET"])
    router.add_api_route("/price", faces.set, methods=["PUT"])
    router.add_api_route("/prices", faces.history, methods=["GET"])
    return router


@dataclass(frozen=True, slots=True)
class PriceRoutes:
    """The endpoints; each opens one unit of work and calls one verb."""

    infra: Infra
    auth: Authenticator
    owners: ProductOwners

    def show(self, request: Request, deployment: str) -> CurrentPrice:
        """Return the price in force; null means that use is free."""
        with self.infra.db.reader() as session:
            product = self._seen(session, request, deployment)
            version = service.price_at(session, product.id, self.infra.clock.now())
        return CurrentPrice(deployment=product.id, price=PriceView.of(version) if version else None)

    def set(self, request: Request, deployment: str, body: SetPrice) -> PriceView:
        """Set the price, as a writer of the seller; the next request pays it, and running ones pay the old one."""
        actor = self.auth.require_user(request)
        terms = body.terms(self.infra.settings.platform_share_bp)
        with self.infra.db.unit() as session:
            product = self._seen(session, request, deployment)
            version = service.set_price(session, actor=actor, product=product, terms=terms, clock=self.infra.clock)
        return PriceView.of(version)

    def history(self, request: Request, deployment: str) -> PriceHistory:
        """List every version of the price, the newest first."""
        with self.infra.db.reader() as session:
            versions = service.history(session, self._seen(session, request, deployment).id)
        return PriceHistory(items=[PriceView.of(version) for version in reversed(versions)])

    def _seen(self, session: Session, request: Request, deployment: str) -> Product:
        product = self.owners.find(session, actor=self.auth.actor(request), product=DeploymentId(deployment))
        if product is None:
            raise ProductNotFound(product=deployment)
        return product
