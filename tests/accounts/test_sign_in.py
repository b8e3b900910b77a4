from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from modelyard import accounts
from modelyard.accounts import Browser, NewSession, NewUser, Passwords
from modelyard.accounts.errors import (
    AccountSuspended,
    PasswordGuessable,
    PasswordTooLong,
    PasswordTooShort,
    SignInFailed,
    TooManyAttempts,
)
from modelyard.accounts.models import BucketRow, SessionRow, UserRow
from modelyard.accounts.passwords import PasswordHash
from modelyard.accounts.rules import throttle
from modelyard.infra import Database
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR, Town

PASSWORD = "correct horse battery"
HERE = Browser("203.0.113.7", "test")


@pytest.fixture
def ada(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    """Ada, with a password."""
    hashed = passwords.hash_new(PASSWORD, name="ada")
    with database.unit() as session:
        new = NewUser("ada", email="ada@example.org")
        accounts.create_user(session, actor=OPERATOR, new=new, password_hash=hashed, clock=clock)


def sign_in(
    database: Database,
    clock: ManualClock,
    passwords: Passwords,
    *,
    name: str = "ada",
    password: str = PASSWORD,
    address: str = HERE.address,
) -> NewSession:
    """Go the three steps that the face goes."""
    with database.unit() as session:
        challenge = accounts.admit(session, name=name, address=address, clock=clock)
    verified = passwords.verify(password, challenge.password_hash)
    with database.unit() as session:
        return accounts.welcome(
            session, challenge=challenge, verified=verified, browser=HERE, replaces=None, clock=clock
        )


def fail(database: Database, clock: ManualClock, passwords: Passwords, times: int, address: str = HERE.address) -> None:
    """Guess wrongly a number of times."""
    for _ in range(times):
        with pytest.raises(SignInFailed):
            sign_in(database, clock, passwords, password="wrong", address=address)


@pytest.mark.usefixtures("ada")
def test_a_right_password_starts_a_session(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    for name in ("ada", "ADA", " ada ", "Ada@Example.ORG"):
        new = sign_in(database, clock, passwords, name=name)
        with database.reader() as session:
            grant = accounts.grant_by_session(session, new.secret.secret, clock)
            row = session.get_one(SessionRow, new.session.id)
        assert grant is not None
        assert grant.actor.name == "ada"
        assert row.secret_hash != new.secret.secret


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", ["ada", "nobody", "nobody@example.org", ""])
def test_failures_read_the_same_whoever_is_asked_for(
    database: Database, clock: ManualClock, passwords: Passwords, name: str
) -> None:
    with pytest.raises(SignInFailed) as caught:
        sign_in(database, clock, passwords, name=name, password="wrong horse battery")
    assert (caught.value.data, caught.value.field) == ({}, None)


@pytest.mark.usefixtures("ada")
def test_an_unknown_name_costs_the_same_work(
    database: Database, clock: ManualClock, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Counted, not timed: a clock on a shared machine proves nothing.
    hashed: list[str] = []
    matches = passwords._matches

    def counted(stored: str, text: str) -> bool:
        hashed.append(stored.rsplit("$", 2)[0])
        return matches(stored, text)

    monkeypatch.setattr(passwords, "_matches", counted)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    work = []
    for name, address in (("ada", "203.0.113.1"), ("nobody", "203.0.113.2")):
        hashed.clear()
        statements.clear()
        with pytest.raises(SignInFailed):
            sign_in(database, clock, passwords, name=name, password="wrong horse battery", address=address)
        work.append((list(hashed), list(statements)))
    assert work[0] == work[1]
    assert len(hashed) == 1


def test_a_user_without_a_password_cannot_sign_in(
    database: Database, clock: ManualClock, passwords: Passwords, town: Town
) -> None:
    for guess in ("", "the password of nobody"):
        with pytest.raises(SignInFailed):
            sign_in(database, clock, passwords, name="bob", password=guess)


@pytest.mark.usefixtures("ada")
def test_a_suspended_user_hears_it_only_with_the_right_password(
    database: Database, clock: ManualClock, passwords: Passwords
) -> None:
    with database.unit() as session:
        accounts.suspend_user(session, actor=OPERATOR, user=accounts.find_user(session, "ada"), clock=clock)
    with pytest.raises(AccountSuspended):
        sign_in(database, clock, passwords)
    fail(database, clock, passwords, 1)


@pytest.mark.usefixtures("ada")
def test_guesses_at_a_name_are_throttled_from_wherever_they_come(
    database: Database, clock: ManualClock, passwords: Passwords
) -> None:
    for index in range(throttle.PER_NAME.burst):
        fail(database, clock, passwords, 1, address=f"198.51.100.{index}")
    with pytest.raises(TooManyAttempts) as caught:
        sign_in(database, clock, passwords, address="198.51.100.99")
    assert caught.value.data == {"retry_after": 30}
    clock.advance(timedelta(seconds=30))
    sign_in(database, clock, passwords, address="198.51.100.99")


@pytest.mark.usefixtures("ada")
def test_guesses_from_an_address_are_throttled_whatever_the_name(
    database: Database, clock: ManualClock, passwords: Passwords
) -> None:
    with database.unit() as session:
        for index in range(throttle.PER_ADDRESS.burst):
            accounts.admit(session, name=f"name{index}", address=f"2001:db8::{index}", clock=clock)
    with pytest.raises(TooManyAttempts):
        sign_in(database, clock, passwords, address="2001:db8::ffff")
    with pytest.raises(TooManyAttempts), database.unit() as session:
        accounts.admit_guess(session, address="2001:db8::1", clock=clock)
    sign_in(database, clock, passwords, address="2001:db8:0:1::1")


@pytest.mark.usefixtures("ada")
def test_success_forgets_the_guesses_at_the_name(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    for _ in range(3):
        fail(database, clock, passwords, throttle.PER_NAME.burst - 1)
        sign_in(database, clock, passwords)


@pytest.mark.usefixtures("ada")
def test_the_throttle_holds_when_guesses_come_all_at_once(
    database: Database, clock: ManualClock, passwords: Passwords
) -> None:
    def guess(number: int) -> bool:
        try:
            with database.unit() as session:
                accounts.admit(session, name="ada", address=f"198.51.100.{number}", clock=clock)
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(guess, range(40)))
    assert sum(heard) == throttle.PER_NAME.burst


@pytest.mark.usefixtures("ada")
def test_the_throttle_keeps_no_name_in_clear(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    with pytest.raises(SignInFailed):
        sign_in(database, clock, passwords, name="my secret password")
    with database.reader() as session:
        assert all(len(bucket) == 64 for bucket in session.scalars(select(BucketRow.bucket)))


@pytest.mark.usefixtures("ada")
def test_what_has_run_out_is_swept(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    fail(database, clock, passwords, 1)
    sign_in(database, clock, passwords)
    clock.advance(timedelta(days=15))
    fail(database, clock, passwords, 1)
    with database.unit() as session:
        accounts.sweep(session, clock=clock)
    with database.reader() as session:
        assert session.scalar(select(func.count()).select_from(SessionRow)) == 0
        assert session.scalar(select(func.count()).select_from(BucketRow)) == 2


@pytest.mark.usefixtures("ada")
def test_older_hashes_are_renewed_at_sign_in(database: Database, clock: ManualClock, passwords: Passwords) -> None:
    stronger = Passwords(passes=2, memory=16)
    sign_in(database, clock, stronger)
    with database.reader() as session:
        stored = session.scalars(select(UserRow.password_hash)).one()
    assert "m=16,t=2" in str(stored)
    assert stronger.verify(PASSWORD, stored).fresh is None
    assert stronger.verify(PASSWORD, stored).right


def test_the_parameters_are_those_of_owasp() -> None:
    hashed = Passwords().hash_new(PASSWORD, name="ada")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_damaged_hash_lets_nobody_in(passwords: Passwords) -> None:
    assert not passwords.verify(PASSWORD, "not a hash").right
    assert not passwords.verify(PASSWORD, PasswordHash("")).right


def test_a_very_long_password_costs_no_more(passwords: Passwords) -> None:
    assert not passwords.verify("x" * 10_000_000, None).right


def test_sessions_are_listed_for_their_user_alone(
    database: Database, clock: ManualClock, passwords: Passwords, town: Town
) -> None:
    with database.unit() as session:
        for name in ("Ada", "bob"):
            found = accounts.find_user(session, name)
            accounts.start_session(session, user=found, browser=HERE, replaces=None, clock=clock)
        actor = accounts.Actor(town.ada.id, "Ada", accounts.EVERY_SCOPE)
        assert [each.account for each in accounts.list_sessions(session, actor=actor, clock=clock)] == [town.ada.id]
        assert accounts.end_all_sessions(session, actor=actor, clock=clock) == 1
        other = accounts.Actor(town.bob.id, "bob", accounts.EVERY_SCOPE)
        assert len(accounts.list_sessions(session, actor=other, clock=clock)) == 1


@pytest.mark.parametrize(
    ("password", "fault"),
    [("short", PasswordTooShort), ("x" * 257, PasswordTooLong), ("aaaaaaaaaaaa", PasswordGuessable)],
)
def test_weak_passwords_are_not_hashed(passwords: Passwords, password: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        passwords.hash_new(password, name="ada")
