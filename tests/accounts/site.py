"""The room's faces as one application, and a browser that visits it."""

import re
from dataclasses import dataclass

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from modelyard import accounts
from modelyard.accounts import Account, NewUser, Passwords, Scope, TokenWish
from modelyard.accounts.http import Authenticator
from modelyard.accounts.pages import build_pages
from modelyard.accounts.routes import build_router
from modelyard.infra import Catalogs, Infra, mint
from modelyard.web import Edge, Links, Problems, Renderer, SecureHeaders
from modelyard.web import Site as WebSite
from tests.accounts.people import OPERATOR

PASSWORD = "correct horse battery"


class Browser:
    """A browser with cookies, that sends forms as their pages have them."""

    def __init__(self, app: object, origin: str, language: str = "en") -> None:
        self.client = TestClient(app, base_url=origin, follow_redirects=False)  # type: ignore[arg-type]  # any ASGI application
        self.client.headers["accept-language"] = language

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def csrf(self, path: str) -> str:
        """Return the form token of a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def send(self, page: str, to: str | None = None, **fields: str | list[str]) -> Response:
        """Open a page and send its form."""
        return self.client.post(to or page, data={"csrf": self.csrf(page), **fields})

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> Response:
        return self.send("/login", name=name, password=password, **fields)


@dataclass(frozen=True)
class Site:
    """An application on one database."""

    app: object
    infra: Infra
    passwords: Passwords
    origin: str

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.app, self.origin, language)

    def user(self, name: str, *, admin: bool = False, password: str | None = PASSWORD) -> Account:
        hashed = self.passwords.hash_new(password, name=name) if password else None
        with self.infra.db.unit() as session:
            new = NewUser(name, admin=admin)
            return accounts.create_user(
                session, actor=OPERATOR, new=new, password_hash=hashed, clock=self.infra.clock
            ).account

    def token(self, owner: Account, *scopes: Scope, days: int | None = None) -> str:
        wish = TokenWish(frozenset(scopes) or accounts.EVERY_SCOPE, days=days)
        with self.infra.db.unit() as session:
            made = accounts.create_token(session, actor=OPERATOR, user=owner, wish=wish, clock=self.infra.clock)
        return made.secret.secret


def open_site(infra: Infra, passwords: Passwords, origin: str) -> Site:
    """Put the faces together as the product does."""
    links = Links(origin)
    auth = Authenticator(infra, links)
    renderer = Renderer(WebSite(links), translator=Catalogs.load(), clock=infra.clock, viewer_of=auth.viewer)
    app = FastAPI()
    Problems(renderer).install(app)
    app.include_router(build_router(infra, auth, links, passwords))
    app.router.routes.extend(build_pages(renderer, infra, auth, passwords))
    app.router.routes.append(renderer.assets.route())
    edge = Edge(links, (), lambda prefix: mint(prefix, infra.clock))
    return Site(SecureHeaders(app, edge), infra, passwords, origin)
