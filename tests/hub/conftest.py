"""People and repositories for the tests of the room."""

from collections.abc import Callable

import pytest

from modelyard import accounts, hub
from modelyard.accounts import EVERY_SCOPE, Actor, NewUser
from modelyard.hub import RepoKind, RepoPath, Repository, Visibility
from modelyard.infra import Infra


def make_user(infra: Infra, name: str) -> Actor:
    """Create a person and return the actor with every scope."""
    with infra.db.unit() as session:
        user = accounts.create_user(
            session, actor=Actor.system("test"), new=NewUser(name), password_hash=None, clock=infra.clock
        )
    return Actor(user.account.id, name, EVERY_SCOPE)


@pytest.fixture
def ada(infra: Infra) -> Actor:
    return make_user(infra, "ada")


@pytest.fixture
def eve(infra: Infra) -> Actor:
    return make_user(infra, "eve")


Make = Callable[..., Repository]


@pytest.fixture
def make(infra: Infra, ada: Actor) -> Make:
    def create(
        name: str = "tiny", *, kind: RepoKind = RepoKind.MODEL, private: bool = False, owner: Actor = ada
    ) -> Repository:
        with infra.db.unit() as session:
            return hub.create_repository(
                session,
                actor=owner,
                path=RepoPath(kind, owner.name, name),
                visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
                clock=infra.clock,
            )

    return create
