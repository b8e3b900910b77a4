"""Offers of a role in an organization."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, aliased

from modelyard.accounts.models import AccountRow, InvitationRow
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.store.people import to_account
from modelyard.accounts.values import Invitation, InvitationId
from modelyard.kernel import AccountId, is_id

OPEN, ACCEPTED, DECLINED, REVOKED = "open", "accepted", "declined", "revoked"
_Found = Select[InvitationRow, AccountRow, AccountRow | None, AccountRow | None]
_ORGANIZATION, _INVITEE, _INVITER = aliased(AccountRow), aliased(AccountRow), aliased(AccountRow)


def _query(now: datetime) -> _Found:
    return (
        select(InvitationRow, _ORGANIZATION, _INVITEE, _INVITER)
        .join(_ORGANIZATION, _ORGANIZATION.id == InvitationRow.organization_id)
        .outerjoin(_INVITEE, _INVITEE.id == InvitationRow.invitee_id)
        .outerjoin(_INVITER, _INVITER.id == InvitationRow.invited_by)
        .where(InvitationRow.state == OPEN, InvitationRow.expires_at > now)
        .order_by(InvitationRow.id)
    )


def _to_invitation(
    row: InvitationRow, organization: AccountRow, invitee: AccountRow | None, inviter: AccountRow | None
) -> Invitation:
    return Invitation(
        id=InvitationId(row.id),
        organization=to_account(organization),
        role=Role(row.role),
        invitee=to_account(invitee) if invitee else None,
        email=row.email,
        invited_by=inviter.name if inviter else "",
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _found(session: Session, query: _Found) -> Iterator[Invitation]:
    for row, organization, invitee, inviter in session.execute(query):
        yield _to_invitation(row, organization, invitee, inviter)


def add(session: Session, row: InvitationRow) -> None:
    """Add an invitation."""
    session.add(row)


def by_secret(session: Session, secret_hash: str, *, now: datetime) -> Invitation | None:
    """Return the open invitation of a link."""
    return next(_found(session, _query(now).where(InvitationRow.secret_hash == secret_hash)), None)


def by_id(session: Session, invitation: InvitationId, *, now: datetime) -> Invitation | None:
    """Return an open invitation by its id."""
    if not is_id(invitation, "inv"):
        return None
    return next(_found(session, _query(now).where(InvitationRow.id == invitation)), None)


def of_organization(session: Session, organization: AccountId, *, now: datetime) -> list[Invitation]:
    """Return the open invitations of an organization, the oldest first."""
    return list(_found(session, _query(now).where(InvitationRow.organization_id == organization)))


def for_user(session: Session, user: AccountId, *, now: datetime) -> list[Invitation]:
    """Return the open invitations that name a user, the oldest first."""
    return list(_found(session, _query(now).where(InvitationRow.invitee_id == user)))


def inviter(session: Session, invitation: InvitationId) -> AccountId | None:
    """Return who made the offer; None is the system."""
    found = session.scalar(select(InvitationRow.invited_by).where(InvitationRow.id == invitation))
    return AccountId(found) if found else None


def settle(session: Session, invitation: InvitationId, state: str) -> bool:
    """Close an open invitation; False when somebody else was quicker."""
    closed = session.execute(
        update(InvitationRow)
        .where(InvitationRow.id == invitation, InvitationRow.state == OPEN)
        .values(state=state)
        .returning(InvitationRow.id)
    )
    return closed.first() is not None


def replace_secret(session: Session, invitation: InvitationId, *, secret_hash: str, expires_at: datetime) -> None:
    """Give an open invitation another link; the old one stops working."""
    session.execute(
        update(InvitationRow)
        .where(InvitationRow.id == invitation, InvitationRow.state == OPEN)
        .values(secret_hash=secret_hash, expires_at=expires_at)
    )


def revoke_same(session: Session, *, organization: AccountId, invitee: AccountId | None, email: str | None) -> None:
    """Revoke open invitations of the same person to the same organization, so that only the newest one works."""
    same = InvitationRow.invitee_id == invitee if invitee else InvitationRow.email == email
    session.execute(
        update(InvitationRow)
        .where(InvitationRow.organization_id == organization, InvitationRow.state == OPEN, same)
        .values(state=REVOKED)
    )
