"""A shop with one model: people, credit, a shelf of files, and a real server on loopback in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session

from modelyard import accounts, ledger, metering, pricing, serving
from modelyard.accounts import EVERY_SCOPE, Account, Actor, Browser, NewUser, Scope, TokenWish
from modelyard.accounts.http import Authenticator
from modelyard.infra import Infra, mint
from modelyard.kernel import CURRENCIES, AccountId, DeploymentId, Money, RepoId
from modelyard.ledger import AccountKind, Balance, Draft, LedgerAccount, credit, debit
from modelyard.metering import Counter, ProcessId
from modelyard.pricing import Product, Terms, token_price
from modelyard.serving import Deployment, Shape, Stage
from modelyard.serving.engines import LlamaCpp
from modelyard.serving.gateway import Gateway
from modelyard.serving.pages import Desk, build_pages, build_panels
from modelyard.serving.routes import build_router
from modelyard.serving.runtime import Limits, Runtime
from modelyard.web import Links, Panel, Problems, Renderer, Site
from modelyard.wire.openai import build_routes, face
from tests.support.waiting import eventually

T = TypeVar("T")
CNY = CURRENCIES["CNY"]
MICRO = Path(__file__).parent.parent / "fixtures" / "micro-chat.gguf"
OPERATOR = Actor.system("test")
MODEL = "acme/micro"
ENDLESS = [{"role": "user", "content": "Keep talking."}]
JAPAN = [{"role": "user", "content": "What is the capital of Japan?"}]


@dataclass
class Shelf:
    """Repositories in memory: files by name and path, and who may see them."""

    files: dict[tuple[str, str], tuple[AccountId, Path]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)

    def put(self, owner: AccountId, name: str, path: Path) -> None:
        self.files[name, path.name] = (owner, path)

    def find_file(self, session: Session, *, actor: Actor, repo: str, revision: str, path: str) -> serving.ServedFile:
        owner, file = self.files[repo, path]
        digest = sha256(file.read_bytes()).hexdigest()
        return serving.ServedFile(RepoId(repo), owner, repo, "0" * 40, path, digest, file.stat().st_size)

    def readable(self, session: Session, *, actor: Actor, repo: RepoId) -> bool:
        owners = {owner for (name, _path), (owner, _file) in self.files.items() if name == repo}
        return repo not in self.private or actor.account in owners

    def blob_path(self, sha256_hex: str) -> Path | None:
        for _owner, file in self.files.values():
            if sha256(file.read_bytes()).hexdigest() == sha256_hex:
                return file
        return None


class Shop:
    """The server's parts, and the hands of its people."""

    def __init__(self, infra: Infra, limits: Limits | None = None) -> None:
        self.infra = infra
        self.shelf = Shelf()
        self.counter = Counter(infra.writer, infra.clock, ProcessId("boot_test"))
        self.runtime = Runtime(infra, self.shelf, engines={"llamacpp": LlamaCpp()}, limits=limits)
        self.gateway = Gateway(infra, self.counter, self.runtime, self.shelf)
        self.seller = self.person("acme")
        self.customer = self.person("bob")
        self.key = self.token(self.customer)
        self.port = 0
        self.panels: dict[str, Panel] = {}
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + "/v1"

    def person(self, name: str) -> Account:
        with self.infra.db.unit() as session:
            new = NewUser(name)
            made = accounts.create_user(session, actor=OPERATOR, new=new, password_hash=None, clock=self.infra.clock)
            return made.account

    def actor(self, account: Account) -> Actor:
        return Actor(account.id, account.name, EVERY_SCOPE)

    def token(self, account: Account, *scopes: Scope, days: int | None = None) -> str:
        wish = TokenWish(frozenset(scopes) or EVERY_SCOPE, days=days)
        with self.infra.db.unit() as session:
            made = accounts.create_token(
                session, actor=self.actor(account), user=account, wish=wish, clock=self.infra.clock
            )
            return made.secret.secret

    def browser(self, account: Account | None = None, language: str = "en") -> httpx2.Client:
        """Return a browser at the site, with a person signed in."""
        client = httpx2.Client(base_url=self.origin, headers={"accept-language": language}, timeout=30)
        if account is not None:
            with self.infra.db.unit() as session:
                made = accounts.start_session(
                    session,
                    user=accounts.find_user(session, account.name),
                    browser=Browser("127.0.0.1"),
                    replaces=None,
                    clock=self.infra.clock,
                )
            client.cookies.set("modelyard_session", made.secret.secret)
        return client

    def deploy(self, path: Path = MICRO, name: str = MODEL, shape: Shape | None = None) -> Deployment:
        self.shelf.put(self.seller.id, name, path)
        draft = serving.Draft(name, path.name, shape=shape or Shape(context=2048, slots=2, max_output=2000))
        with self.infra.db.unit() as session:
            return serving.create_deployment(
                session,
                actor=self.actor(self.seller),
                repositories=self.shelf,
                draft=draft,
                clock=self.infra.clock,
            )

    def price(self, deployment: Deployment, per_1000: str = "0.005", *, after: timedelta = timedelta()) -> None:
        money = Money.parse(per_1000, CNY)
        start = self.infra.clock.now() + after if after else None
        terms = Terms(token_price(money, money, per=1000), 2000, start)
        product = Product(deployment.id, deployment.owner)
        with self.infra.db.unit() as session:
            pricing.set_price(
                session, actor=self.actor(self.seller), product=product, terms=terms, clock=self.infra.clock
            )

    def top_up(self, amount: str) -> None:
        money = Money.parse(amount, CNY)
        wallet = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, self.customer.id)
        sides = (debit(LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY), money), credit(wallet, money))
        with self.infra.db.unit() as session:
            draft = Draft("top_up", mint("key", self.infra.clock), "top_up", sides)
            ledger.post(session, draft, clock=self.infra.clock)

    def wallet(self) -> Balance:
        with self.infra.db.reader() as session:
            balance = ledger.wallet(session, self.customer.id, CNY)
        assert balance is not None
        return balance

    def found(self, deployment: str) -> Deployment:
        with self.infra.db.reader() as session:
            return serving.get_deployment(
                session,
                actor=self.actor(self.seller),
                repositories=self.shelf,
                deployment=DeploymentId(deployment),
            )

    def stages(self, deployment: Deployment) -> list[Stage]:
        with self.infra.db.reader() as session:
            return [reached.stage for reached in serving.stages_of(session, deployment.id)]

    def reaches(self, deployment: Deployment, stage: Stage) -> bool:
        return eventually(lambda: self.stages(deployment)[-1:] == [stage], 30)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.infra.db.reader() as session:
            return [tuple(row) for row in session.connection().exec_driver_sql(sql)]

    def settled(self) -> list[tuple[int, int]]:
        """Return prompt and completion tokens of each usage event."""
        return [(row[0], row[1]) for row in self.rows("SELECT prompt_tokens, completion_tokens FROM usage_event")]

    def holds(self) -> list[str]:
        """Return the state of each hold."""
        return [row[0] for row in self.rows("SELECT state FROM hold ORDER BY created_at, request")]

    def books_are_right(self) -> bool:
        with self.infra.db.reader() as session:
            report = ledger.verify(session, (*ledger.CHECKS, *metering.CHECKS), now=self.infra.clock.now())
        return report.ok

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's loop."""
        assert self.loop is not None
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(30)


@contextmanager
def open_shop(infra: Infra, limits: Limits | None = None) -> Iterator[Shop]:
    """Serve a shop on a free port until the block ends."""
    shop = Shop(infra, limits)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        shop.loop = asyncio.get_running_loop()
        await shop.runtime.open()
        yield
        await shop.runtime.close()

    with serve(site_of(shop, FastAPI(lifespan=lifespan))) as port:
        shop.port = port
        yield shop


def site_of(shop: Shop, app: FastAPI) -> FastAPI:
    """Give an application the room's faces as the product does."""
    infra, links = shop.infra, Links("http://127.0.0.1")
    auth = Authenticator(infra, links)
    renderer = Renderer(Site(links), translator=infra.catalogs, clock=infra.clock, viewer_of=auth.viewer)
    desk = Desk(infra, auth, renderer, shop.shelf, shop.runtime, shop.gateway)
    shop.panels = {panel.id: panel for panel in build_panels(desk)}
    Problems(renderer, faces={"/v1/": face}).install(app)
    app.include_router(build_router(infra, auth, shop.shelf, shop.runtime))
    app.router.routes.extend(build_routes(shop.gateway, infra.catalogs, infra.clock, auth))
    app.router.routes.extend(build_pages(desk))
    return app


@contextmanager
def serve(app: Callable[..., Any]) -> Iterator[int]:
    """Run an application in a thread on a free port of loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, loop="uvloop")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert eventually(lambda: server.started or not thread.is_alive(), 30)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
