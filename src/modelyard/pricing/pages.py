"""The page on which a publisher sets the price of a deployment, and everybody reads its history."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard import accounts
from modelyard.accounts import Role
from modelyard.accounts.http import Authenticator
from modelyard.infra import Infra
from modelyard.kernel import CURRENCIES, N_, DeploymentId, DomainError, Kind
from modelyard.pricing import service
from modelyard.pricing.errors import ProductNotFound
from modelyard.pricing.products import ProductOwners
from modelyard.pricing.rules import Product
from modelyard.pricing.schemas import MoneyView, SetPrice, per_thousand
from modelyard.web import Flash, Form, Renderer, see_other

_FIELDS = ("prompt", "completion", "currency")


def build_pages(renderer: Renderer, infra: Infra, auth: Authenticator, owners: ProductOwners) -> list[Route]:
    """Return the routes."""
    pages, path = PricePages(renderer, infra, auth, owners), "/deployments/{deployment}/price"
    return [
        Route(path, pages.show, methods=["GET"]),
        Route(path, renderer.posted(pages.set), methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class PricePages:
    """Show the price and its history; set a new one."""

    renderer: Renderer
    infra: Infra
    auth: Authenticator
    owners: ProductOwners

    def show(self, request: Request) -> Response:
        """Show the price in force, every version of it, and to its writers the form."""
        return self._page(request)

    def set(self, request: Request, form: Form) -> Response:
        """Set the price, or show the form again with what is wrong."""
        actor = self.auth.require_user(request)
        sent = {name: form.text(name)[:40] for name in _FIELDS}
        try:
            with self.infra.db.unit() as session:
                product = self._seen(session, request)
                amounts = {name: MoneyView(amount=sent[name], currency=sent["currency"][:3]) for name in _FIELDS[:2]}
                wish = SetPrice(prompt=amounts["prompt"], completion=amounts["completion"], per_tokens=1000)
                terms = wish.terms(self.infra.settings.platform_share_bp)
                service.set_price(session, actor=actor, product=product, terms=terms, clock=self.infra.clock)
        except DomainError as error:
            if error.kind is not Kind.INVALID:
                raise
            return self._page(request, sent, error)
        flash = Flash(N_("The price is set; the next request pays it."))
        return see_other(request.url.path, flash, secure=self.renderer.site.links.secure)

    def _page(
        self, request: Request, sent: Mapping[str, str] | None = None, error: DomainError | None = None
    ) -> Response:
        actor, now = self.auth.actor(request), self.infra.clock.now()
        with self.infra.db.reader() as session:
            product = self._seen(session, request)
            versions = service.history(session, product.id)
            current = service.price_at(session, product.id, now)
            writes = accounts.allow(session, actor, product.seller, Role.WRITE)
            title = self.owners.titles(session, [product.id]).get(product.id, product.id)
        known = {"prompt": "", "completion": "", "currency": self.infra.settings.default_currency}
        if current is not None:
            amounts = zip(("prompt", "completion"), per_thousand(current), strict=True)
            known |= {name: str(amount) for name, amount in amounts} | {"currency": current.price.currency.code}
        return self.renderer.page(
            request,
            "pricing/price.html",
            status=422 if error else 200,
            product=product,
            title=title,
            current=current,
            versions=versions[::-1],
            per_thousand=per_thousand,
            writes=writes,
            sent=known | dict(sent or {}),
            errors=dict.fromkeys(("", *_FIELDS), "") | (self.renderer.field_errors(request, error) if error else {}),
            currencies=[(code, code) for code in sorted(CURRENCIES)],
        )

    def _seen(self, session: Session, request: Request) -> Product:
        wanted = DeploymentId(request.path_params["deployment"])
        product = self.owners.find(session, actor=self.auth.actor(request), product=wanted)
        if product is None:
            raise ProductNotFound(product=wanted)
        return product
