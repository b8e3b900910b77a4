"""Who belongs to which organization."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from modelyard.accounts.models import AccountRow, MembershipRow
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.store.people import to_account
from modelyard.accounts.values import Member
from modelyard.kernel import AccountId


def role(session: Session, *, organization: AccountId, user: AccountId) -> Role | None:
    """Return a user's role, or None for a stranger."""
    found = session.scalar(
        select(MembershipRow.role).where(MembershipRow.organization_id == organization, MembershipRow.user_id == user)
    )
    return Role(found) if found else None


def of_organization(session: Session, organization: AccountId) -> list[Member]:
    """Return the members by name; `account` is the user."""
    query = (
        select(AccountRow, MembershipRow)
        .join(MembershipRow, MembershipRow.user_id == AccountRow.id)
        .where(MembershipRow.organization_id == organization)
        .order_by(AccountRow.name_key)
    )
    return [Member(to_account(account), Role(row.role), row.since) for account, row in session.execute(query)]


def of_user(session: Session, user: AccountId) -> list[Member]:
    """Return the organizations of a user by name; `account` is the organization."""
    query = (
        select(AccountRow, MembershipRow)
        .join(MembershipRow, MembershipRow.organization_id == AccountRow.id)
        .where(MembershipRow.user_id == user)
        .order_by(AccountRow.name_key)
    )
    return [Member(to_account(account), Role(row.role), row.since) for account, row in session.execute(query)]


def lock(session: Session, organization: AccountId) -> None:
    """Let one change of membership at a time through, so that two owners cannot leave past each other."""
    session.execute(select(AccountRow.id).where(AccountRow.id == organization).with_for_update())


def owners(session: Session, organization: AccountId) -> int:
    """Count the owners."""
    query = select(func.count()).where(
        MembershipRow.organization_id == organization, MembershipRow.role == Role.OWNER.value
    )
    return session.execute(query).scalar_one()


def add(session: Session, *, organization: AccountId, user: AccountId, role: Role, at: datetime) -> None:
    """Add a member."""
    session.add(MembershipRow(organization_id=organization, user_id=user, role=role.value, since=at))


def change(session: Session, *, organization: AccountId, user: AccountId, role: Role) -> None:
    """Give a member another role."""
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.organization_id == organization, MembershipRow.user_id == user)
        .values(role=role.value)
    )


def remove(session: Session, *, organization: AccountId, user: AccountId) -> None:
    """Take a member out."""
    session.execute(
        delete(MembershipRow).where(MembershipRow.organization_id == organization, MembershipRow.user_id == user)
    )
