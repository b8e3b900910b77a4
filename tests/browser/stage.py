"""The whole product on a stage: the real application on loopback, with people, a served model, a price and credit."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from sqlalchemy.orm import Session

from modelyard import accounts, hub, ledger, pricing, serving
from modelyard.accounts import EVERY_SCOPE, Account, Actor, Browser, NewUser, TokenWish
from modelyard.app import build_app
from modelyard.app.joints import HubRepositories
from modelyard.hub import Lfs, Message, RepoKind, RepoPath
from modelyard.infra import Infra, Settings, mint, open_infra
from modelyard.kernel import CURRENCIES, Money
from modelyard.ledger import AccountKind, Draft, LedgerAccount, credit, debit
from modelyard.pricing import Product, Terms, token_price
from modelyard.serving import Shape
from tests.support.waiting import eventually

CNY = CURRENCIES["CNY"]
OPERATOR = Actor.system("test")
MICRO = Path(__file__).parent.parent / "fixtures" / "micro-chat.gguf"
CARD = """---
license: apache-2.0
pipeline_tag: text-generation
language: [en, zh]
library_name: gguf
tags: [chat, tiny]
---
# Tiny chat

A **very small** model that answers politely. It knows some [capitals](https://example.org) and nothing else.

| Quantity | Value |
|---|---|
| Parameters | 0.8 M |
| Context | 2,048 tokens |

```python
pipe = pipeline("text-generation", "acme/tiny-chat")
```

<script>document.title = "stolen"</script><img src="x" alt="a flag" onerror="document.title = 'stolen'">
"""


WALKS = {
    "visitor": [
        "/",
        "/models",
        "/datasets",
        "/login",
        "/acme/tiny-chat",
        "/datasets/acme/poems",
        "/acme",
        "/search?q=acme",
    ],
    "lin": [
        "/",
        "/acme/tiny-chat",
        "/settings/profile",
        "/settings/tokens",
        "/settings/audit",
        "/settings/billing",
        "/settings/billing/usage",
        "/settings/billing/statement",
        "/receipts/{request}",
        "/organizations/new",
    ],
    "acme": [
        "/",
        "/new",
        "/acme/tiny-chat/tree/main",
        "/acme/tiny-chat/blob/main/README.md",
        "/acme/tiny-chat/commits/main",
        "/acme/tiny-chat/settings",
        "/deployments",
        "/deployments/new",
        "/deployments/{deployment}",
        "/deployments/{deployment}/price",
        "/settings/billing",
    ],
    "olga": ["/admin", "/admin/audit", "/admin/credit", "/_kit"],
}
"""The pages that each of the people has a reason to visit: a visitor, a customer, a publisher, an operator."""


@dataclass(frozen=True)
class Stage:
    """Where the product runs, and the session secrets of those who may look at it."""

    url: str
    cookies: dict[str, str]
    deployment: str
    request: str

    def session(self, name: str) -> dict[str, str]:
        """Return the cookie of a person; a visitor has none."""
        return {"modelyard_session": self.cookies[name]} if name in self.cookies else {}

    def pages_of(self, name: str) -> list[str]:
        """Return the addresses that a person visits."""
        return [address.format(deployment=self.deployment, request=self.request) for address in WALKS[name]]


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """Fill a data folder, serve it on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(data_dir=folder, port=listener.getsockname()[1], log_level="error")
        with open_infra(settings) as infra:
            furnished = furnish(infra)
        server = uvicorn.Server(uvicorn.Config(build_app(settings), log_level="error", timeout_graceful_shutdown=2))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert eventually(lambda: server.started or not thread.is_alive(), 30)
            yield Stage(settings.origin, furnished.cookies, furnished.deployment, ask(settings.origin, furnished.key))
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Furnished:
    """What was put on the stage: session secrets by name, the deployment, and the customer's access token."""

    cookies: dict[str, str]
    deployment: str
    key: str


def ask(origin: str, key: str) -> str:
    """Ask the model something as the customer, wait for the answer, and return the request's id."""
    body = {"model": "acme/tiny-chat", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent = urllib.request.Request(origin + "/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(sent, timeout=60) as answer:
        return str(answer.headers["X-Request-Id"])


def furnish(infra: Infra) -> Furnished:
    """Create an administrator, a publisher with a served model, a data set, and a customer with credit."""
    with infra.db.unit() as session:
        olga = person(infra, session, "olga", "Olga Operator", admin=True)
        acme = person(infra, session, "acme", "Acme Models")
        lin = person(infra, session, "lin", "Lin Wei")
        top_up(infra, session, lin, "12.50")
    publisher = Actor(acme.id, acme.name, EVERY_SCOPE)
    publish(infra, publisher)
    with infra.db.unit() as session:
        draft = serving.Draft("acme/tiny-chat", "model.gguf", shape=Shape(context=1024, slots=1))
        repositories = HubRepositories(infra.blobs)
        made = serving.create_deployment(
            session, actor=publisher, repositories=repositories, draft=draft, clock=infra.clock
        )
        price = token_price(Money.parse("0.002", CNY), Money.parse("0.005", CNY), per=1000)
        product = Product(made.id, made.owner)
        pricing.set_price(session, actor=publisher, product=product, terms=Terms(price, 2000), clock=infra.clock)
        cookies = {each.name: sign_in(infra, session, each) for each in (olga, acme, lin)}
        wish = TokenWish(EVERY_SCOPE, name="laptop")
        customer = Actor(lin.id, lin.name, EVERY_SCOPE)
        token = accounts.create_token(session, actor=customer, user=lin, wish=wish, clock=infra.clock)
    return Furnished(cookies, made.id, token.secret.secret)


def person(infra: Infra, session: Session, name: str, full_name: str, *, admin: bool = False) -> Account:
    new = NewUser(name, full_name=full_name, admin=admin)
    return accounts.create_user(session, actor=OPERATOR, new=new, password_hash=None, clock=infra.clock).account


def sign_in(infra: Infra, session: Session, account: Account) -> str:
    user = accounts.find_user(session, account.name)
    started = accounts.start_session(session, user=user, browser=Browser("127.0.0.1"), replaces=None, clock=infra.clock)
    return started.secret.secret


def top_up(infra: Infra, session: Session, account: Account, amount: str) -> None:
    money = Money.parse(amount, CNY)
    wallet = LedgerAccount(AccountKind.CUSTOMER_WALLET, CNY, account.id)
    sides = (debit(LedgerAccount(AccountKind.PROCESSOR_CLEARING, CNY), money), credit(wallet, money))
    ledger.post(session, Draft("top_up", mint("key", infra.clock), "top_up", sides), clock=infra.clock)


def publish(infra: Infra, publisher: Actor) -> None:
    """Publish a model with its card and weights, and a data set."""
    model = RepoPath(RepoKind.MODEL, publisher.name, "tiny-chat")
    poems = RepoPath(RepoKind.DATASET, publisher.name, "poems")
    with infra.db.unit() as session:
        repository = hub.create_repository(session, actor=publisher, path=model, clock=infra.clock)
        hub.create_repository(session, actor=publisher, path=poems, clock=infra.clock)
    with infra.blobs.stage() as staging:
        staging.write(MICRO.read_bytes())
        blob = staging.commit()
    with infra.db.unit() as session:
        lfs = Lfs(blob.sha256, blob.size)
        hub.prove(session, by=publisher.account, repository=repository.id, lfs=lfs, clock=infra.clock)
    land(infra, publisher, model, {"README.md": CARD.encode(), "src/run.py": b"print('hello')\n"}, blob.sha256)
    land(infra, publisher, poems, {"README.md": b"---\nlicense: cc-by-4.0\n---\n# Poems\n", "a.jsonl": b"{}\n"})


def land(infra: Infra, publisher: Actor, path: RepoPath, files: dict[str, bytes], weights: str = "") -> None:
    draft = hub.open_draft(infra, actor=publisher, path=path, revision="main")
    for name, content in files.items():
        draft.add_file(name, content)
    if weights:
        draft.add_large("model.gguf", weights)
    draft.land(Message("Publish the first version"))
