"""A small town: an operator, an owner, a stranger, an organization; and cheap password hashing."""

import pytest

from modelyard import accounts
from modelyard.accounts import Passwords
from modelyard.infra import Database, Infra
from modelyard.kernel import ManualClock
from tests.accounts.people import Town, person, user
from tests.accounts.site import Site, open_site


@pytest.fixture
def town(database: Database, clock: ManualClock) -> Town:
    """The people, on each database."""
    with database.unit() as session:
        ada, bob = user(session, "Ada", clock, email="ada@example.org"), user(session, "bob", clock)
        root = user(session, "chief", clock, admin=True)
        acme = accounts.create_organization(session, actor=person(ada), name="acme", full_name="Acme", clock=clock)
    return Town(ada, bob, root, acme)


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """The cheapest argon2 there is."""
    return Passwords(passes=1, memory=8)


@pytest.fixture
def site(sqlite_infra: Infra, passwords: Passwords) -> Site:
    """The room's faces as one application, on http://testserver."""
    return open_site(sqlite_infra, passwords, "http://testserver")
