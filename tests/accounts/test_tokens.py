from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from modelyard import accounts
from modelyard.accounts import EVERY_SCOPE, Actor, Scope, TokenWish
from modelyard.accounts.errors import (
    ExpiryOutOfRange,
    Forbidden,
    ForeignTokenMalformed,
    InvalidToken,
    ScopesMissing,
    TokenNotFound,
    TokenTooStrong,
    TokenValueTaken,
)
from modelyard.accounts.models import TokenRow
from modelyard.accounts.rules.tokens import digest
from modelyard.infra import Database, Infra, epoch
from modelyard.kernel import ManualClock, TokenId
from tests.accounts.people import OPERATOR, Town, person, token

WRITE = frozenset({Scope.WRITE})
FOREIGN = "hf_" + "Ab1" * 11


def test_a_token_is_shown_once_and_kept_as_its_hash(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock)
        row = session.scalars(select(TokenRow)).one()
    secret = made.secret.secret
    assert secret.startswith("my_")
    assert len(secret) == 43
    assert row.secret_hash == digest(secret)
    assert (row.prefix, row.last) == (secret[:3], secret[-4:])
    assert secret not in repr(made)
    assert secret not in "".join(str(value) for value in vars(row).values())


def test_a_token_speaks_for_its_user_with_its_scopes(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock, Scope.WRITE)
        actor = accounts.authenticate_token(session, made.secret.secret, clock)
        same = accounts.actor_by_token_hash(session, digest(made.secret.secret), clock)
    assert actor == same == Actor(town.ada.id, "Ada", frozenset({Scope.READ, Scope.WRITE}), token=made.token.id)


@pytest.mark.parametrize("end", ["unknown", "revoked", "expired"])
def test_a_dead_token_is_refused_in_the_same_words(
    database: Database, clock: ManualClock, town: Town, end: str
) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock, days=1)
        secret = made.secret.secret
        if end == "unknown":
            secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
        elif end == "revoked":
            accounts.revoke_token(session, actor=person(town.ada), token=made.token.id, clock=clock)
        else:
            clock.advance(timedelta(days=1))
        with pytest.raises(InvalidToken, match=r"^Invalid credentials in Authorization header$"):
            accounts.authenticate_token(session, secret, clock)


def test_an_expiring_grant_says_when(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock, days=3)
        grant = accounts.grant_by_token_hash(session, digest(made.secret.secret), clock)
    assert grant.token.expires_at == clock.now() + timedelta(days=3)
    assert not grant.token.usable(clock.now() + timedelta(days=3))


def test_whoever_makes_tokens_cannot_keep_the_gateway_from_a_fresh_snapshot(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        before = epoch.current(session)
        for _ in range(3):
            token(session, town.ada, clock)
        assert epoch.current(session) == before


def test_revoking_bumps_the_epoch_and_takes_the_children_along(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock)
        parent = accounts.authenticate_token(session, made.secret.secret, clock)
        wish = TokenWish(frozenset({Scope.READ}))
        child = accounts.create_token(session, actor=parent, user=town.ada, wish=wish, clock=clock)
        by_child = accounts.authenticate_token(session, child.secret.secret, clock)
        grandchild = accounts.authenticate_token(session, child.secret.secret, clock)
        assert by_child == grandchild
        before = epoch.current(session)
        accounts.revoke_token(session, actor=person(town.ada), token=made.token.id, clock=clock)
        assert epoch.current(session) == before + 1
        accounts.revoke_token(session, actor=person(town.ada), token=made.token.id, clock=clock)
        assert epoch.current(session) == before + 1
        with pytest.raises(InvalidToken):
            accounts.authenticate_token(session, child.secret.secret, clock)
        assert accounts.list_tokens(session, actor=person(town.ada), user=town.ada.id) == []


@pytest.mark.parametrize(
    "wish",
    [
        TokenWish(EVERY_SCOPE, days=1),
        TokenWish(frozenset({Scope.READ, Scope.WRITE})),
        TokenWish(frozenset({Scope.WRITE}), days=31),
    ],
)
def test_a_token_brings_forth_no_stronger_one(
    database: Database, clock: ManualClock, town: Town, wish: TokenWish
) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock, Scope.WRITE, days=30)
        actor = accounts.authenticate_token(session, made.secret.secret, clock)
        with pytest.raises(TokenTooStrong):
            accounts.create_token(session, actor=actor, user=town.ada, wish=wish, clock=clock)


def test_a_reading_token_makes_no_token_at_all(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock, Scope.READ)
        actor = accounts.authenticate_token(session, made.secret.secret, clock)
        with pytest.raises(Forbidden):
            accounts.create_token(
                session, actor=actor, user=town.ada, wish=TokenWish(frozenset({Scope.READ})), clock=clock
            )


def test_a_token_that_died_meanwhile_makes_none(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock)
        actor = accounts.authenticate_token(session, made.secret.secret, clock)
        accounts.revoke_token(session, actor=OPERATOR, token=made.token.id, clock=clock)
        with pytest.raises(InvalidToken):
            accounts.create_token(session, actor=actor, user=town.ada, wish=TokenWish(EVERY_SCOPE), clock=clock)


def test_nobody_makes_a_token_in_another_name_not_even_an_administrator(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        for actor in (person(town.bob), person(town.root, admin=True)):
            with pytest.raises(Forbidden):
                accounts.create_token(session, actor=actor, user=town.ada, wish=TokenWish(EVERY_SCOPE), clock=clock)


def test_another_users_token_is_not_found(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = token(session, town.ada, clock)
        with pytest.raises(TokenNotFound):
            accounts.revoke_token(session, actor=person(town.bob), token=made.token.id, clock=clock)
        with pytest.raises(TokenNotFound):
            accounts.revoke_token(session, actor=person(town.bob), token=TokenId("tok_none"), clock=clock)
        with pytest.raises(Forbidden):
            accounts.list_tokens(session, actor=person(town.bob), user=town.ada.id)
        accounts.revoke_token(session, actor=person(town.root, admin=True), token=made.token.id, clock=clock)


def test_a_value_from_elsewhere_works_here_and_belongs_to_one_user(
    database: Database, clock: ManualClock, town: Town
) -> None:
    wish = TokenWish(EVERY_SCOPE, value=FOREIGN)
    with database.unit() as session:
        made = accounts.create_token(session, actor=OPERATOR, user=town.ada, wish=wish, clock=clock)
        assert made.token.preview.prefix == "hf_"
        assert accounts.authenticate_token(session, FOREIGN, clock).account == town.ada.id
        with pytest.raises(TokenValueTaken):
            accounts.create_token(session, actor=OPERATOR, user=town.bob, wish=wish, clock=clock)
        accounts.revoke_token(session, actor=OPERATOR, token=made.token.id, clock=clock)
        with pytest.raises(TokenValueTaken):  # what was revoked stays revoked
            accounts.create_token(session, actor=OPERATOR, user=town.ada, wish=wish, clock=clock)


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        (TokenWish(frozenset()), ScopesMissing),
        (TokenWish(EVERY_SCOPE, days=0), ExpiryOutOfRange),
        (TokenWish(EVERY_SCOPE, days=3651), ExpiryOutOfRange),
        (TokenWish(EVERY_SCOPE, value="short"), ForeignTokenMalformed),
        (TokenWish(EVERY_SCOPE, value=FOREIGN + "\n"), ForeignTokenMalformed),
    ],
)
def test_wishes_must_be_sound(
    database: Database, clock: ManualClock, town: Town, wish: TokenWish, fault: type[Exception]
) -> None:
    with database.unit() as session, pytest.raises(fault):
        accounts.create_token(session, actor=person(town.ada), user=town.ada, wish=wish, clock=clock)


def test_the_day_of_last_use_is_noted_once_a_day(infra: Infra, clock: ManualClock) -> None:
    from tests.accounts.people import user

    with infra.db.unit() as session:
        made = token(session, user(session, "ada", clock), clock)
    assert not accounts.used_today(made.token, clock.now())
    work = accounts.mark_token_used(made.token.id, clock.now())
    assert [infra.writer.submit(work).result(), infra.writer.submit(work).result()] == [1, 0]
    with infra.db.reader() as session:
        found = accounts.find_token(session, actor=OPERATOR, token=made.token.id)
    assert accounts.used_today(found, clock.now())
    assert found.last_used == clock.now().date()
    assert not accounts.used_today(found, clock.advance(timedelta(days=1)))


def test_two_who_bring_the_same_value_at_once_are_told_apart(
    database: Database, clock: ManualClock, town: Town
) -> None:
    def bring(owner: accounts.Account) -> bool:
        wish = TokenWish(EVERY_SCOPE, value=FOREIGN)
        try:
            with database.unit() as session:
                accounts.create_token(session, actor=OPERATOR, user=owner, wish=wish, clock=clock)
        except TokenValueTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(bring, [town.ada, town.bob])) == [False, True]
