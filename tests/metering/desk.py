"""The money faces on a bank, behind real tokens: what a client of /api/v1 sees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from modelyard import accounts
from modelyard.accounts import Actor, NewUser, Scope, TokenWish, User
from modelyard.accounts.http import Authenticator
from modelyard.billing import pages as billing_pages
from modelyard.billing import routes as billing_routes
from modelyard.infra import Infra
from modelyard.kernel import DeploymentId
from modelyard.metering import routes as metering_routes
from modelyard.pricing import Product
from modelyard.pricing import pages as pricing_pages
from modelyard.pricing import routes as pricing_routes
from modelyard.web import Links, Problems, Renderer, Site
from tests.metering.bank import PRODUCT, SYSTEM, Bank

SECRET = DeploymentId("dep_secret")


@dataclass(frozen=True)
class OneProduct:
    """A catalog with one public product, and one that nobody may see."""

    product: Product

    def find(self, session: Session, *, actor: Actor, product: DeploymentId) -> Product | None:
        return self.product if product == self.product.id else None

    def titles(self, session: Session, products: Iterable[DeploymentId]) -> Mapping[DeploymentId, str]:
        return {product: "acme/micro" for product in products if product == self.product.id}


class Desk:
    """A bank with people, and a client that speaks for any of them."""

    def __init__(self, infra: Infra) -> None:
        self.infra = infra
        self.bank = Bank.of(infra)
        self.people: dict[str, User] = {}
        self.tokens: dict[str, str] = {}
        for name in ("oda", "ada", "acme"):
            self._add(name)
        self.bank.customer, self.bank.publisher = self.people["ada"].account.id, self.people["acme"].account.id
        self.client = TestClient(self._app(), raise_server_exceptions=False)

    def call(self, method: str, path: str, who: str = "", status: int = 200, body: object = None) -> Any:
        """Send a request as somebody and return the decoded answer, whose status must be this one."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        answer = self.client.request(method, "/api/v1" + path, headers=headers, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    def page(self, path: str, who: str = "", status: int = 200, lang: str = "en") -> str:
        """Open a page as somebody and return its HTML, whose status must be this one."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        answer = self.client.get(path, headers=headers, params={"lang": lang} if "?" not in path else None)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, who: str, status: int = 303, **fields: str) -> str:
        """Send a form as somebody and return the HTML, whose status must be this one."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(path, headers=headers, data=fields, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer.text

    def _add(self, name: str) -> None:
        clock = self.infra.clock
        with self.infra.db.unit() as session:
            new = NewUser(name, admin=name == "oda")
            user = accounts.create_user(session, actor=SYSTEM, new=new, password_hash=None, clock=clock)
            wish = TokenWish(frozenset({Scope.READ, Scope.WRITE}))
            made = accounts.create_token(session, actor=SYSTEM, user=user.account, wish=wish, clock=clock)
        self.people[name] = user
        self.tokens[name] = made.secret.secret

    def _app(self) -> FastAPI:
        infra, links = self.infra, Links("http://testserver")
        auth = Authenticator(infra, links)
        products = OneProduct(Product(PRODUCT, self.bank.publisher))
        app = FastAPI()
        for router in (
            pricing_routes.build_router(infra, auth, products),
            metering_routes.build_router(infra, auth),
            billing_routes.build_router(infra, auth),
        ):
            app.include_router(router)
        site = Site(links)
        renderer = Renderer(site, translator=infra.catalogs, clock=infra.clock, viewer_of=auth.viewer)
        Problems(renderer).install(app)
        app.router.routes += pricing_pages.build_pages(renderer, infra, auth, products)
        app.router.routes += billing_pages.build_pages(renderer, infra, auth, products)
        return app
