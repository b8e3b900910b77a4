from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import ANONYMOUS, Actor, Role
from modelyard.accounts.errors import (
    Forbidden,
    LastOwner,
    MemberNotFound,
    NameTaken,
    OperatorsOnly,
    RoleTooHigh,
    SignInRequired,
)
from modelyard.infra import Database, epoch
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR, Town, person


def enroll(session: Session, town: Town, clock: ManualClock, role: Role) -> None:
    """Make Bob a member of acme."""
    offer = accounts.Offer(role, invitee=town.bob)
    made = accounts.invite(session, actor=person(town.ada), organization=town.acme, offer=offer, clock=clock)
    accounts.accept_invitation(session, actor=person(town.bob), key=made.secret.secret, clock=clock)


def move(session: Session, town: Town, clock: ManualClock, *, actor: Actor, role: Role | None) -> None:
    """Let somebody change Bob's role in acme."""
    accounts.change_role(session, actor=actor, organization=town.acme, user=town.bob, role=role, clock=clock)


def test_the_founder_owns_the_organization(database: Database, town: Town) -> None:
    with database.reader() as session:
        assert [(each.account, each.role) for each in accounts.members(session, town.acme.id)] == [
            (town.ada, Role.OWNER)
        ]
        assert [(each.account, each.role) for each in accounts.memberships(session, town.ada.id)] == [
            (town.acme, Role.OWNER)
        ]


def test_a_visitor_founds_nothing(database: Database, clock: ManualClock) -> None:
    with database.unit() as session, pytest.raises(SignInRequired):
        accounts.create_organization(session, actor=ANONYMOUS, name="globex", full_name="", clock=clock)


def test_the_operator_founds_with_members_and_nobody_else_does(
    database: Database, clock: ManualClock, town: Town
) -> None:
    members = {town.ada.id: Role.OWNER, town.bob.id: Role.WRITE}
    with database.unit() as session:
        made = accounts.create_organization_for(
            session, actor=OPERATOR, name="globex", full_name="Globex Inc.", members=members, clock=clock
        )
        assert [each.role for each in accounts.members(session, made.id)] == [Role.OWNER, Role.WRITE]
        with pytest.raises(OperatorsOnly):
            accounts.create_organization_for(
                session, actor=person(town.ada), name="other", full_name="", members=members, clock=clock
            )


def test_a_role_that_changes_moves_the_epoch_and_a_new_member_does_not(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        before = epoch.current(session)
        enroll(session, town, clock, Role.READ)
        joined = epoch.current(session)
        move(session, town, clock, actor=person(town.ada), role=Role.WRITE)
        changed = epoch.current(session)
        move(session, town, clock, actor=person(town.ada), role=None)
        assert before == joined < changed < epoch.current(session)
        assert not accounts.allow(session, person(town.bob), town.acme.id, Role.READ)


@pytest.mark.parametrize("role", [Role.READ, Role.WRITE, Role.ADMIN])
def test_a_member_cannot_raise_itself(database: Database, clock: ManualClock, town: Town, role: Role) -> None:
    with database.unit() as session:
        enroll(session, town, clock, role)
        with pytest.raises(RoleTooHigh):
            move(session, town, clock, actor=person(town.bob), role=Role.OWNER)


def test_an_admin_does_not_touch_owners_or_admins(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        enroll(session, town, clock, Role.ADMIN)
        for role in (None, Role.READ):
            with pytest.raises(RoleTooHigh):
                accounts.change_role(
                    session, actor=person(town.bob), organization=town.acme, user=town.ada, role=role, clock=clock
                )


def test_a_writer_moves_nobody(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        enroll(session, town, clock, Role.WRITE)
        with pytest.raises(Forbidden):
            accounts.change_role(
                session, actor=person(town.bob), organization=town.acme, user=town.ada, role=Role.READ, clock=clock
            )
        with pytest.raises(Forbidden):
            accounts.rename_organization(
                session, actor=person(town.bob), organization=town.acme, full_name="Mine", clock=clock
            )


def test_a_member_steps_down_and_leaves_freely(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        enroll(session, town, clock, Role.ADMIN)
        move(session, town, clock, actor=person(town.bob), role=Role.READ)
        move(session, town, clock, actor=person(town.bob), role=None)
        with pytest.raises(MemberNotFound):
            move(session, town, clock, actor=person(town.bob), role=None)


def test_the_last_owner_cannot_leave_or_step_down(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        for role in (None, Role.ADMIN):
            with pytest.raises(LastOwner):
                accounts.change_role(
                    session, actor=person(town.ada), organization=town.acme, user=town.ada, role=role, clock=clock
                )


def test_two_owners_who_leave_at_once_leave_one_behind(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        enroll(session, town, clock, Role.OWNER)

    def leave(account: accounts.Account) -> bool:
        try:
            with database.unit() as session:
                accounts.change_role(
                    session, actor=person(account), organization=town.acme, user=account, role=None, clock=clock
                )
        except LastOwner:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, [town.ada, town.bob])) == [False, True]


def test_an_organization_keeps_its_name_when_its_full_name_changes(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        accounts.rename_organization(
            session, actor=person(town.ada), organization=town.acme, full_name="Acme Ltd", clock=clock
        )
    with database.reader() as session:
        found = accounts.find_organization(session, "ACME")
    assert (found.name, found.full_name) == ("acme", "Acme Ltd")


def test_two_who_found_the_same_name_at_once_are_told_apart(database: Database, clock: ManualClock, town: Town) -> None:
    def found(founder: accounts.Account) -> bool:
        try:
            with database.unit() as session:
                accounts.create_organization(session, actor=person(founder), name="globex", full_name="", clock=clock)
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(found, [town.ada, town.bob])) == [False, True]
