"""Invite people into an organization; let them accept or decline."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import AlreadyMember, EmailMalformed, InvitationNotFound, NotAUser, RoleTooHigh
from modelyard.accounts.events import InvitationCreated
from modelyard.accounts.models import InvitationRow
from modelyard.accounts.rules import emails, roles, tokens
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.service.audit import Subject, record
from modelyard.accounts.service.organizations import join
from modelyard.accounts.service.rights import require, require_user, role_of
from modelyard.accounts.values import Account, Invitation, InvitationId, Shown
from modelyard.infra import mint, outbox
from modelyard.infra.randomness import random_text
from modelyard.kernel import AccountId, Clock

LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offer:
    """A role for a named user, or for whoever gets the link that goes to an email address."""

    role: Role
    invitee: Account | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation, with its link's secret in clear this once."""

    invitation: Invitation
    secret: Shown


def invite(session: Session, *, actor: Actor, organization: Account, offer: Offer, clock: Clock) -> NewInvitation:
    """Invite a person; a newer invitation of the same person replaces the older one. It holds for seven days.

    Raises Forbidden, RoleTooHigh, AlreadyMember, NotAUser or EmailMalformed.
    """
    require(session, actor, organization.id, Role.ADMIN)
    if not roles.may_grant(role_of(session, actor, organization.id), offer.role):
        raise RoleTooHigh(role=offer.role.value)
    _check(session, organization, offer)
    invitee = offer.invitee.id if offer.invitee else None
    store.invitations.revoke_same(session, organization=organization.id, invitee=invitee, email=offer.email)
    secret = random_text()
    key = InvitationId(mint("inv", clock))
    row = InvitationRow(
        id=key,
        organization_id=organization.id,
        role=offer.role.value,
        invitee_id=invitee,
        email=offer.email,
        secret_hash=tokens.digest(secret),
        invited_by=actor.account,
        state=store.invitations.OPEN,
        created_at=clock.now(),
        expires_at=clock.now() + LIFE,
    )
    store.invitations.add(session, row)
    _tell(session, actor, organization.id, key, act="invitation.created", clock=clock)
    outbox.announce(session, InvitationCreated(invitation=key))
    return NewInvitation(_by_id(session, key, clock), Shown(secret))


def _check(session: Session, organization: Account, offer: Offer) -> None:
    if offer.invitee is None:
        if not offer.email or not emails.well_formed(offer.email):
            raise EmailMalformed(field="email", email=(offer.email or "")[:100])
        return
    if not offer.invitee.is_user:
        raise NotAUser(field="name", name=offer.invitee.name)
    if store.members.role(session, organization=organization.id, user=offer.invitee.id) is not None:
        raise AlreadyMember(field="name", name=offer.invitee.name, organization=organization.name)


def find_invitation(session: Session, *, actor: Actor, key: str, clock: Clock) -> Invitation:
    """Return the invitation of a link's secret, or of an id if it names the actor; raises InvitationNotFound.

    An invitation that names another user is not found, whoever holds its link.
    """
    me = require_user(actor, Scope.READ)
    found = store.invitations.by_secret(session, tokens.digest(key), now=clock.now())
    if found is None:
        found = store.invitations.by_id(session, InvitationId(key), now=clock.now())
        if found is not None and found.invitee is None:
            raise InvitationNotFound
    if found is None or (found.invitee is not None and found.invitee.id != me):
        raise InvitationNotFound
    return found


def accept_invitation(session: Session, *, actor: Actor, key: str, clock: Clock) -> Account:
    """Take the offered role and return the organization.

    An offer is worth what its maker's word is worth now: it falls with the role of the one who made it.
    """
    me = require_user(actor)
    found = find_invitation(session, actor=actor, key=key, clock=clock)
    if not _still_vouched_for(session, found) or not store.invitations.settle(
        session, found.id, store.invitations.ACCEPTED
    ):
        raise InvitationNotFound
    join(session, actor=actor, organization=found.organization, user=me, role=found.role, clock=clock)
    _tell(session, actor, found.organization.id, found.id, act="invitation.accepted", clock=clock)
    return found.organization


def decline_invitation(session: Session, *, actor: Actor, key: str, clock: Clock) -> None:
    """Turn an offer down; it cannot be accepted later."""
    require_user(actor)
    found = find_invitation(session, actor=actor, key=key, clock=clock)
    store.invitations.settle(session, found.id, store.invitations.DECLINED)
    _tell(session, actor, found.organization.id, found.id, act="invitation.declined", clock=clock)


def revoke_invitation(
    session: Session, *, actor: Actor, organization: Account, invitation: InvitationId, clock: Clock
) -> None:
    """Take an offer back before it is accepted."""
    require(session, actor, organization.id, Role.ADMIN)
    found = _by_id(session, invitation, clock)
    if found.organization.id != organization.id:
        raise InvitationNotFound
    if not roles.may_grant(role_of(session, actor, organization.id), found.role):
        raise RoleTooHigh(role=found.role.value)
    store.invitations.settle(session, invitation, store.invitations.REVOKED)
    _tell(session, actor, organization.id, invitation, act="invitation.revoked", clock=clock)


def renew_link(session: Session, *, actor: Actor, invitation: InvitationId, clock: Clock) -> NewInvitation:
    """Give an open invitation a new link, for whoever mails it; the link shown before stops working.

    Links are kept as hashes only, so the one that was shown cannot be shown again.
    """
    found = _by_id(session, invitation, clock)
    require(session, actor, found.organization.id, Role.ADMIN)
    secret = random_text()
    store.invitations.replace_secret(
        session, invitation, secret_hash=tokens.digest(secret), expires_at=clock.now() + LIFE
    )
    return NewInvitation(_by_id(session, invitation, clock), Shown(secret))


def open_invitations(session: Session, *, actor: Actor, organization: Account, clock: Clock) -> list[Invitation]:
    """Return an organization's open invitations, for its admins."""
    require(session, actor, organization.id, Role.ADMIN)
    return store.invitations.of_organization(session, organization.id, now=clock.now())


def my_invitations(session: Session, *, actor: Actor, clock: Clock) -> list[Invitation]:
    """Return the open invitations that name the actor."""
    return store.invitations.for_user(session, require_user(actor, Scope.READ), now=clock.now())


def _by_id(session: Session, invitation: InvitationId, clock: Clock) -> Invitation:
    session.flush()  # the row may have been added a moment ago
    found = store.invitations.by_id(session, invitation, now=clock.now())
    if found is None:
        raise InvitationNotFound
    return found


def _still_vouched_for(session: Session, invitation: Invitation) -> bool:
    inviter = store.invitations.inviter(session, invitation.id)
    if inviter is None:
        return True
    user = store.people.user(session, inviter)
    if user is None or user.suspended_at is not None:
        return False
    held = store.members.role(session, organization=invitation.organization.id, user=inviter)
    return roles.may_grant(Role.OWNER if user.admin else held, invitation.role)


def _tell(
    session: Session, actor: Actor, organization: AccountId, invitation: InvitationId, *, act: str, clock: Clock
) -> None:
    record(session, actor=actor, act=act, subject=Subject(invitation, owner=organization), clock=clock)
