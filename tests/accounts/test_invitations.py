from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import ANONYMOUS, Actor, NewInvitation, Offer, Role
from modelyard.accounts.errors import (
    AlreadyMember,
    EmailMalformed,
    Forbidden,
    InvitationNotFound,
    NotAUser,
    RoleTooHigh,
    SignInRequired,
)
from modelyard.infra import Database
from modelyard.infra.outbox import EventRow
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR, Town, person


def invite(
    session: Session, town: Town, clock: ManualClock, role: Role = Role.WRITE, *, email: str | None = None
) -> NewInvitation:
    """Let Ada invite Bob, or whoever gets the letter."""
    offer = Offer(role, invitee=None if email else town.bob, email=email)
    return accounts.invite(session, actor=person(town.ada), organization=town.acme, offer=offer, clock=clock)


def accept(session: Session, clock: ManualClock, actor: Actor, key: str) -> None:
    accounts.accept_invitation(session, actor=actor, key=key, clock=clock)


def test_an_invitation_is_accepted_once(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
        accept(session, clock, person(town.bob), made.secret.secret)
        assert accounts.role_of(session, person(town.bob), town.acme.id) is Role.WRITE
    with database.unit() as session:
        accounts.change_role(
            session, actor=person(town.ada), organization=town.acme, user=town.bob, role=None, clock=clock
        )
    with database.unit() as session, pytest.raises(InvitationNotFound):
        accept(session, clock, person(town.bob), made.secret.secret)


def test_an_invitation_is_announced_without_its_secret(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
    with database.reader() as session:
        event = session.scalars(select(EventRow).where(EventRow.name == "invitation.created")).one()
    assert event.subject == made.invitation.id
    assert made.secret.secret not in str(event.payload)
    assert made.secret.secret not in repr(made)


def test_a_named_invitation_is_invisible_to_everybody_else(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
        for stranger in (person(town.ada), person(town.root, admin=True)):
            with pytest.raises(InvitationNotFound):
                accept(session, clock, stranger, made.secret.secret)
        with pytest.raises(SignInRequired):
            accept(session, clock, ANONYMOUS, made.secret.secret)
        assert accounts.my_invitations(session, actor=person(town.ada), clock=clock) == []
        assert [each.id for each in accounts.my_invitations(session, actor=person(town.bob), clock=clock)] == [
            made.invitation.id
        ]


def test_a_named_user_accepts_by_id_and_a_mailed_one_only_by_its_link(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        mailed = invite(session, town, clock, email="someone@example.org")
        with pytest.raises(InvitationNotFound):
            accept(session, clock, person(town.bob), mailed.invitation.id)
        named = invite(session, town, clock, Role.READ)
        accept(session, clock, person(town.bob), named.invitation.id)
        with pytest.raises(AlreadyMember):
            accept(session, clock, person(town.bob), mailed.secret.secret)


def test_an_invitation_expires_after_seven_days(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
    clock.advance(timedelta(days=7))
    with database.unit() as session:
        with pytest.raises(InvitationNotFound):
            accept(session, clock, person(town.bob), made.secret.secret)
        assert accounts.open_invitations(session, actor=person(town.ada), organization=town.acme, clock=clock) == []


@pytest.mark.parametrize("end", ["declined", "revoked", "replaced", "renewed"])
def test_an_invitation_that_ended_is_not_accepted(database: Database, clock: ManualClock, town: Town, end: str) -> None:
    with database.unit() as session:
        made = invite(session, town, clock, Role.ADMIN)
        match end:
            case "declined":
                accounts.decline_invitation(session, actor=person(town.bob), key=made.secret.secret, clock=clock)
            case "revoked":
                accounts.revoke_invitation(
                    session,
                    actor=person(town.ada),
                    organization=town.acme,
                    invitation=made.invitation.id,
                    clock=clock,
                )
            case "replaced":
                invite(session, town, clock, Role.READ)
            case _:
                accounts.renew_link(session, actor=OPERATOR, invitation=made.invitation.id, clock=clock)
    with database.unit() as session, pytest.raises(InvitationNotFound):
        accept(session, clock, person(town.bob), made.secret.secret)


def test_an_offer_falls_with_its_maker(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        accounts.change_role(
            session,
            actor=OPERATOR,
            organization=town.acme,
            user=town.ada,
            role=Role.OWNER,
            clock=clock,
        )
        offer = Offer(Role.OWNER, invitee=town.root)
        made = accounts.invite(session, actor=person(town.ada), organization=town.acme, offer=offer, clock=clock)
        accept(session, clock, person(town.root), made.secret.secret)
        late = invite(session, town, clock, Role.OWNER)
        accounts.change_role(
            session, actor=person(town.root), organization=town.acme, user=town.ada, role=Role.READ, clock=clock
        )
    with database.unit() as session, pytest.raises(InvitationNotFound):
        accept(session, clock, person(town.bob), late.secret.secret)


def test_an_offer_of_a_suspended_maker_is_void_and_one_of_the_operator_stands(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
        accounts.suspend_user(session, actor=OPERATOR, user=accounts.find_user(session, "ada"), clock=clock)
        with pytest.raises(InvitationNotFound):
            accept(session, clock, person(town.bob), made.secret.secret)
        offer = Offer(Role.OWNER, invitee=town.bob)
        kept = accounts.invite(session, actor=OPERATOR, organization=town.acme, offer=offer, clock=clock)
        accept(session, clock, person(town.bob), kept.secret.secret)


def test_an_admin_cannot_invite_an_admin_nor_revoke_one(database: Database, clock: ManualClock, town: Town) -> None:
    with database.unit() as session:
        accept(session, clock, person(town.bob), invite(session, town, clock, Role.ADMIN).secret.secret)
        for role in (Role.ADMIN, Role.OWNER):
            with pytest.raises(RoleTooHigh):
                accounts.invite(
                    session,
                    actor=person(town.bob),
                    organization=town.acme,
                    offer=Offer(role, email="a@example.org"),
                    clock=clock,
                )
        by_owner = invite(session, town, clock, Role.OWNER, email="o@example.org").invitation.id
        with pytest.raises(RoleTooHigh):
            accounts.revoke_invitation(
                session, actor=person(town.bob), organization=town.acme, invitation=by_owner, clock=clock
            )


def test_an_invitation_is_revoked_only_through_its_own_organization(
    database: Database, clock: ManualClock, town: Town
) -> None:
    with database.unit() as session:
        made = invite(session, town, clock)
        other = accounts.create_organization(session, actor=person(town.bob), name="globex", full_name="", clock=clock)
        with pytest.raises(InvitationNotFound):
            accounts.revoke_invitation(
                session, actor=person(town.bob), organization=other, invitation=made.invitation.id, clock=clock
            )


def test_who_may_not_be_invited(database: Database, clock: ManualClock, town: Town) -> None:
    cases = [
        (Offer(Role.READ, invitee=town.ada), AlreadyMember),
        (Offer(Role.READ, invitee=town.acme), NotAUser),
        (Offer(Role.READ, email="nonsense"), EmailMalformed),
        (Offer(Role.READ), EmailMalformed),
    ]
    with database.unit() as session:
        for offer, fault in cases:
            with pytest.raises(fault):
                accounts.invite(session, actor=person(town.ada), organization=town.acme, offer=offer, clock=clock)
        with pytest.raises(Forbidden):
            accounts.invite(
                session, actor=person(town.bob), organization=town.acme, offer=Offer(Role.READ), clock=clock
            )
