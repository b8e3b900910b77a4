import pytest

from modelyard import accounts
from modelyard.accounts import ANONYMOUS, EVERY_SCOPE, Actor, NewUser, Role, Scope
from modelyard.accounts.errors import (
    AccountNotFound,
    EmailMalformed,
    EmailTaken,
    Forbidden,
    FullNameTooLong,
    InvalidToken,
    NameMalformed,
    NameReserved,
    NameTaken,
    NotAnOrganization,
    NotAUser,
    OperatorsOnly,
    SignInRequired,
)
from modelyard.infra import Database, epoch
from modelyard.kernel import AccountId, ManualClock
from tests.accounts.people import OPERATOR, Town, person, token, user


def test_users_and_organizations_share_one_namespace_without_case(
    database: Database, clock: ManualClock, town: Town
) -> None:
    for taken in ("ada", "ADA", "Acme"):
        with pytest.raises(NameTaken), database.unit() as session:
            user(session, taken, clock)
        with pytest.raises(NameTaken), database.unit() as session:
            accounts.create_organization(session, actor=person(town.bob), name=taken, full_name="", clock=clock)


def test_a_name_keeps_the_case_it_was_given_and_is_found_in_any(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.reader() as session:
        assert accounts.find_account(session, "aDA").name == "Ada"
        assert accounts.find_user(session, "ada").account == town.ada
        assert accounts.account_by_id(session, town.acme.id) == town.acme
        assert set(accounts.accounts_by_id(session, {town.ada.id, town.acme.id})) == {town.ada.id, town.acme.id}


def test_a_name_race_is_lost_with_the_same_words(database: Database, clock: ManualClock, town: Town) -> None:
    # What the unique index refuses must read like what the look-up refuses.
    from modelyard.accounts.service import people

    with database.unit() as session:
        new = people.new_account(session, kind=town.ada.kind, name="carol", full_name="", clock=clock)
        user(session, "Carol", clock)
        with pytest.raises(NameTaken), session.begin_nested():
            people.add_person(session, accounts.User(new, None, False, False, None), None)
        mallory = people.new_account(session, kind=town.ada.kind, name="mallory", full_name="", clock=clock)
        with pytest.raises(EmailTaken), session.begin_nested():
            people.add_person(session, accounts.User(mallory, "ADA@example.org", False, False, None), None)


@pytest.mark.parametrize(
    ("new", "fault", "field"),
    [
        (NewUser("a--b"), NameMalformed, "name"),
        (NewUser("settings"), NameReserved, "name"),
        (NewUser("carol", email="not an address"), EmailMalformed, "email"),
        (NewUser("carol", email="ADA@EXAMPLE.ORG"), EmailTaken, "email"),
        (NewUser("carol", full_name="x" * 201), FullNameTooLong, "full_name"),
    ],
)
def test_a_new_user_must_be_sound(
    database: Database, clock: ManualClock, town: Town, new: NewUser, fault: type[Exception], field: str
) -> None:
    with pytest.raises(fault) as caught, database.unit() as session:
        accounts.create_user(session, actor=OPERATOR, new=new, password_hash=None, clock=clock)
    assert caught.value.field == field  # type: ignore[attr-defined]  # each is a DomainError


def test_only_administrators_create_list_and_suspend_users(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        with pytest.raises(OperatorsOnly):
            accounts.create_user(session, actor=person(town.ada), new=NewUser("carol"), password_hash=None, clock=clock)
        with pytest.raises(SignInRequired):
            accounts.list_users(session, actor=ANONYMOUS)
        with pytest.raises(OperatorsOnly):
            accounts.list_users(session, actor=person(town.root, admin=True, scopes=frozenset({Scope.READ})))
        ada = accounts.find_user(session, "ada")
        with pytest.raises(OperatorsOnly):
            accounts.suspend_user(session, actor=person(town.bob), user=ada, clock=clock)


def test_users_are_listed_by_name_page_by_page(database: Database, town: Town) -> None:
    with database.reader() as session:
        first = accounts.list_users(session, actor=OPERATOR, limit=2)
        rest = accounts.list_users(session, actor=OPERATOR, after=first.next or "", limit=2)
    assert [each.account.name for each in first.items] == ["Ada", "bob"]
    assert [each.account.name for each in rest.items] == ["chief"]
    assert rest.next is None


def test_unknown_and_unfit_names_say_so(database: Database, town: Town) -> None:
    with database.reader() as session:
        with pytest.raises(AccountNotFound):
            accounts.find_account(session, "nobody")
        with pytest.raises(NotAUser):
            accounts.find_user(session, "acme")
        with pytest.raises(NotAnOrganization):
            accounts.find_organization(session, "ada")
        with pytest.raises(AccountNotFound):
            accounts.account_by_id(session, town.ada.id[:-1] + "_")  # type: ignore[arg-type]  # no such id


def test_a_suspended_user_is_out_on_the_next_request_and_back_when_restored(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        secret = token(session, town.ada, clock).secret.secret
    with database.unit() as session:
        before = epoch.current(session)
        ada = accounts.find_user(session, "ada")
        accounts.suspend_user(session, actor=OPERATOR, user=ada, clock=clock)
        assert epoch.current(session) > before
    with database.reader() as session, pytest.raises(InvalidToken):
        accounts.authenticate_token(session, secret, clock)
    with database.unit() as session:
        accounts.restore_user(session, actor=OPERATOR, user=ada, clock=clock)
    with database.reader() as session:
        assert accounts.authenticate_token(session, secret, clock).account == town.ada.id


def test_a_profile_is_changed_by_its_owner_alone(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        ada = accounts.the_user(session, person(town.ada))
        with pytest.raises(Forbidden):
            accounts.update_profile(
                session, actor=person(town.bob), user=ada, full_name="Mallory", email=None, clock=clock
            )
        accounts.update_profile(
            session, actor=person(town.ada), user=ada, full_name=" Ada  L. ", email="ada@example.org", clock=clock
        )
    with database.unit() as session:
        ada = accounts.the_user(session, person(town.ada))
        assert (ada.account.full_name, ada.email) == ("Ada L.", "ada@example.org")
        accounts.update_profile(session, actor=person(town.ada), user=ada, full_name="", email="", clock=clock)
    with database.reader() as session:
        ada = accounts.the_user(session, person(town.ada))
        assert (ada.account.full_name, ada.email) == ("Ada", None)


def test_rights_come_from_role_and_scope_together(database: Database, clock: ManualClock, town: Town) -> None:
    reader = frozenset({Scope.READ})
    with database.reader() as session:
        assert accounts.allow(session, person(town.ada), town.acme.id, Role.OWNER)
        assert accounts.allow(session, person(town.ada, scopes=reader), town.acme.id, Role.READ)
        assert not accounts.allow(session, person(town.ada, scopes=reader), town.acme.id, Role.WRITE)
        inference = frozenset({Scope.INFERENCE})
        assert not accounts.allow(session, person(town.ada, scopes=inference), town.acme.id, Role.READ)
        assert accounts.allow(session, person(town.bob), town.bob.id, Role.OWNER)
        assert not accounts.allow(session, person(town.bob), town.ada.id, Role.READ)
        assert not accounts.allow(session, person(town.bob), town.acme.id, Role.READ)
        assert accounts.allow(session, person(town.root, admin=True), town.ada.id, Role.OWNER)
        assert not accounts.allow(session, person(town.root, admin=True, scopes=reader), town.ada.id, Role.WRITE)
        assert not accounts.allow(session, ANONYMOUS, town.acme.id, Role.READ)
        assert accounts.allow(session, OPERATOR, town.acme.id, Role.OWNER)
        with pytest.raises(SignInRequired):
            accounts.require(session, ANONYMOUS, town.acme.id, Role.READ)
        with pytest.raises(Forbidden):
            accounts.require(session, person(town.bob), town.acme.id, Role.READ)


def test_a_visitor_is_asked_to_sign_in_before_anything_else(database: Database, clock: ManualClock) -> None:
    with database.unit() as session:
        with pytest.raises(SignInRequired):
            accounts.the_user(session, ANONYMOUS)
        with pytest.raises(SignInRequired):
            accounts.require_admin(ANONYMOUS)
        assert accounts.role_of(session, ANONYMOUS, AccountId("acc_any")) is None


def test_an_account_that_is_gone_is_not_found(database: Database, town: Town) -> None:
    ghost = Actor(AccountId("acc_gone"), "ghost", EVERY_SCOPE)
    with database.reader() as session, pytest.raises(AccountNotFound):
        accounts.the_user(session, ghost)


def test_a_user_without_the_scope_is_refused(town: Town) -> None:
    with pytest.raises(Forbidden):
        accounts.require_user(person(town.ada, scopes=frozenset({Scope.READ})), Scope.INFERENCE)
