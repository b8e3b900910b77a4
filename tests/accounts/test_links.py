from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from modelyard import accounts
from modelyard.accounts import NewUser, PasswordHash
from modelyard.accounts.errors import AdministratorExists, LinkNotValid, OperatorsOnly
from modelyard.accounts.models import LinkRow
from modelyard.infra import Database
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR, Town, person, user

ORIGIN = "http://127.0.0.1:8000"
HASH = PasswordHash("$argon2id$...")


def first_link(database: Database, clock: ManualClock) -> str:
    """Return the secret of a fresh first-start link."""
    with database.unit() as session:
        link = accounts.first_admin_link(session, origin=ORIGIN, clock=clock)
    assert link is not None
    assert link.startswith(ORIGIN + "/first-admin/")
    return link.rsplit("/", 1)[1]


def claim(database: Database, clock: ManualClock, secret: str, name: str = "chief") -> accounts.User:
    with database.unit() as session:
        return accounts.create_first_administrator(
            session, secret=secret, new=NewUser(name), password_hash=HASH, clock=clock
        )


def reset_secret(database: Database, clock: ManualClock, name: str) -> str:
    with database.unit() as session:
        found = accounts.find_user(session, name)
        link = accounts.reset_link(session, actor=OPERATOR, user=found, origin=ORIGIN, clock=clock)
    return link.rsplit("/", 1)[1]


def reset(database: Database, clock: ManualClock, secret: str) -> accounts.User:
    with database.unit() as session:
        return accounts.reset_password(session, secret=secret, password_hash=HASH, clock=clock)


def test_the_first_link_makes_an_administrator_once(database: Database, clock: ManualClock) -> None:
    secret = first_link(database, clock)
    assert claim(database, clock, secret).admin
    with pytest.raises(LinkNotValid):
        claim(database, clock, secret, "mallory")
    with database.unit() as session:
        assert accounts.first_admin_link(session, origin=ORIGIN, clock=clock) is None


def test_each_start_ends_the_link_before_and_a_day_ends_any(database: Database, clock: ManualClock) -> None:
    old, new = first_link(database, clock), first_link(database, clock)
    with pytest.raises(LinkNotValid):
        claim(database, clock, old)
    clock.advance(timedelta(hours=24))
    with pytest.raises(LinkNotValid):
        claim(database, clock, new)


def test_a_faulty_form_does_not_use_the_link_up(database: Database, clock: ManualClock) -> None:
    secret = first_link(database, clock)
    with pytest.raises(accounts.errors.NameReserved):
        claim(database, clock, secret, "settings")
    assert claim(database, clock, secret).account.name == "chief"


def test_a_user_made_meanwhile_closes_the_first_link(database: Database, clock: ManualClock) -> None:
    secret = first_link(database, clock)
    with database.unit() as session:
        user(session, "ada", clock)
    with pytest.raises(AdministratorExists):
        claim(database, clock, secret)
    with database.reader() as session:
        assert not accounts.first_admin_open(session, secret=secret, clock=clock)


def test_of_two_who_use_the_first_link_at_once_one_wins(database: Database, clock: ManualClock) -> None:
    secret = first_link(database, clock)

    def try_it(name: str) -> bool:
        try:
            claim(database, clock, secret, name)
        except LinkNotValid:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_it, ["one", "two"])) == [False, True]


def test_links_are_kept_as_hashes(database: Database, clock: ManualClock, town: Town) -> None:
    secret = reset_secret(database, clock, "ada")
    with database.reader() as session:
        row = session.scalars(select(LinkRow)).one()
    assert secret not in "".join(str(value) for value in vars(row).values())


def test_a_reset_ends_sessions_and_older_links(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        found = accounts.find_user(session, "ada")
        old = accounts.start_session(
            session, user=found, browser=accounts.Browser("203.0.113.7"), replaces=None, clock=clock
        )
    first, second = reset_secret(database, clock, "ada"), reset_secret(database, clock, "ada")
    with pytest.raises(LinkNotValid):
        reset(database, clock, first)
    assert reset(database, clock, second).account == town.ada
    with pytest.raises(LinkNotValid):
        reset(database, clock, second)
    with database.reader() as session:
        assert accounts.grant_by_session(session, old.secret.secret, clock) is None


def test_a_reset_link_lasts_a_day_and_spares_the_suspended(database: Database, clock: ManualClock, town: Town) -> None:
    late = reset_secret(database, clock, "ada")
    clock.advance(timedelta(hours=24))
    with pytest.raises(LinkNotValid):
        reset(database, clock, late)
    fresh = reset_secret(database, clock, "ada")
    with database.unit() as session:
        accounts.suspend_user(session, actor=OPERATOR, user=accounts.find_user(session, "ada"), clock=clock)
    with pytest.raises(LinkNotValid):
        reset(database, clock, fresh)


def test_a_link_of_one_purpose_serves_no_other(database: Database, clock: ManualClock) -> None:
    secret = first_link(database, clock)
    with pytest.raises(LinkNotValid):
        reset(database, clock, secret)


def test_only_an_administrator_makes_reset_links(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        found = accounts.find_user(session, "ada")
        with pytest.raises(OperatorsOnly):
            accounts.reset_link(session, actor=person(town.bob), user=found, origin=ORIGIN, clock=clock)
        with pytest.raises(OperatorsOnly):  # not even one's own: whoever has a session could keep it for ever
            accounts.reset_link(session, actor=person(town.ada), user=found, origin=ORIGIN, clock=clock)
