"""The hub's wires without a socket, for tests that ask many small questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from modelyard import accounts, hub
from modelyard.accounts import EVERY_SCOPE, Actor, NewUser, TokenWish
from modelyard.accounts.http import Authenticator
from modelyard.hub import DownloadCounter, Message, RepoKind, RepoPath, Visibility
from modelyard.infra import Infra, mint
from modelyard.web import Edge, Links, SecureHeaders
from modelyard.wire import hf, lfs

ORIGIN = "http://hub.test"


@dataclass
class Inside:
    """An application of the two wires, people with tokens, and a client."""

    infra: Infra
    client: TestClient
    tokens: dict[str, str]
    actors: dict[str, Actor]

    def header(self, who: str) -> dict[str, str]:
        """Return the credentials of a person, none for nobody."""
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}

    def publish(self, name: str, files: dict[str, bytes], *, kind: str = "model", private: bool = False) -> str:
        """Create a repository of ada's with some regular files and return its commit."""
        path = RepoPath(RepoKind(kind), "ada", name)
        shown = Visibility.PRIVATE if private else Visibility.PUBLIC
        actor, infra = self.actors["ada"], self.infra
        with infra.db.unit() as session:
            hub.create_repository(session, actor=actor, path=path, visibility=shown, clock=infra.clock)
        draft = hub.open_draft(infra, actor=actor, path=path, revision="main")
        for name_, content in files.items():
            draft.add_file(name_, content)
        return draft.land(Message("Add the files")).oid


def wires(infra: Infra) -> list[BaseRoute]:
    """Return the routes of both wires."""
    links = Links(ORIGIN)
    auth = Authenticator(infra, links)
    downloads = DownloadCounter(infra.writer, infra.clock)
    return [*lfs.build_routes(infra, auth, links), *hf.build_routes(infra, auth, links, downloads)]


@contextmanager
def inside(infra: Infra) -> Iterator[Inside]:
    """Open the wires with two people, ada and eve."""
    operator = Actor.system("test")
    actors, tokens = {}, {}
    for name in ("ada", "eve"):
        with infra.db.unit() as session:
            user = accounts.create_user(
                session, actor=operator, new=NewUser(name), password_hash=None, clock=infra.clock
            )
            wish = TokenWish(EVERY_SCOPE, "test")
            made = accounts.create_token(session, actor=operator, user=user.account, wish=wish, clock=infra.clock)
        actors[name] = Actor(user.account.id, name, EVERY_SCOPE)
        tokens[name] = made.secret.secret
    app = SecureHeaders(Starlette(routes=wires(infra)), Edge(Links(ORIGIN), (), lambda word: mint(word, infra.clock)))
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield Inside(infra, client, tokens, actors)
