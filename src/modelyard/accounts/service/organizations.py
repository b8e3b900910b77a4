"""Found organizations and change who belongs to them."""

from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import (
    AlreadyMember,
    LastOwner,
    MemberNotFound,
    NameTaken,
    NotAnOrganization,
    OperatorsOnly,
    RoleTooHigh,
)
from modelyard.accounts.rules import roles
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.service.audit import Subject, record
from modelyard.accounts.service.people import clean_full_name, find_account, new_account
from modelyard.accounts.service.rights import require, require_user, role_of
from modelyard.accounts.values import Account, AccountKind, Member
from modelyard.infra import epoch
from modelyard.kernel import AccountId, Clock


def create_organization(session: Session, *, actor: Actor, name: str, full_name: str, clock: Clock) -> Account:
    """Found an organization; the person who founds it becomes its owner."""
    founder = require_user(actor)
    organization = _found(session, actor=actor, name=name, full_name=full_name, clock=clock)
    _join(session, actor=actor, organization=organization, user=founder, role=Role.OWNER, clock=clock)
    return organization


def create_organization_for(
    session: Session, *, actor: Actor, name: str, full_name: str, members: Mapping[AccountId, Role], clock: Clock
) -> Account:
    """Found an organization with these members on the operator's word; it may have no owner yet."""
    if actor.account is not None or not actor.admin:
        raise OperatorsOnly
    organization = _found(session, actor=actor, name=name, full_name=full_name, clock=clock)
    for user, role in members.items():
        _join(session, actor=actor, organization=organization, user=user, role=role, clock=clock)
    return organization


def _found(session: Session, *, actor: Actor, name: str, full_name: str, clock: Clock) -> Account:
    account = new_account(session, kind=AccountKind.ORGANIZATION, name=name, full_name=full_name, clock=clock)
    try:
        store.people.add(session, account)
    except IntegrityError as error:
        raise NameTaken(field="name", name=name) from error
    record(session, actor=actor, act="organization.created", subject=account.id, clock=clock)
    return account


def _join(session: Session, *, actor: Actor, organization: Account, user: AccountId, role: Role, clock: Clock) -> None:
    store.members.add(session, organization=organization.id, user=user, role=role, at=clock.now())
    joined = Subject(user, owner=organization.id)
    record(session, actor=actor, act="member.joined", subject=joined, clock=clock, data={"role": role.value})


def join(session: Session, *, actor: Actor, organization: Account, user: AccountId, role: Role, clock: Clock) -> None:
    """Make a user a member; whether the actor may is for the caller to know. Raises AlreadyMember."""
    store.members.lock(session, organization.id)
    if store.members.role(session, organization=organization.id, user=user) is not None:
        raise AlreadyMember(name=actor.name, organization=organization.name)
    _join(session, actor=actor, organization=organization, user=user, role=role, clock=clock)


def find_organization(session: Session, name: str) -> Account:
    """Return an organization by name; raises AccountNotFound, or NotAnOrganization for a user."""
    account = find_account(session, name)
    if account.is_user:
        raise NotAnOrganization(name=account.name)
    return account


def members(session: Session, organization: AccountId) -> list[Member]:
    """Return the members of an organization by name."""
    return store.members.of_organization(session, organization)


def memberships(session: Session, user: AccountId) -> list[Member]:
    """Return the organizations of a user by name, with the user's role in each."""
    return store.members.of_user(session, user)


def change_role(
    session: Session, *, actor: Actor, organization: Account, user: Account, role: Role | None, clock: Clock
) -> None:
    """Give a member another role, or with None take the member out; members may always step down or leave.

    Raises MemberNotFound, RoleTooHigh, or LastOwner.
    """
    own = require_user(actor) == user.id if actor.account else False
    store.members.lock(session, organization.id)
    present = store.members.role(session, organization=organization.id, user=user.id)
    if not own:
        require(session, actor, organization.id, Role.ADMIN)
    if present is None:
        raise MemberNotFound(name=user.name, organization=organization.name)
    if not roles.may_change(role_of(session, actor, organization.id), present=present, wanted=role, own=own):
        raise RoleTooHigh(role=(role if role and role.covers(present) else present).value)
    if roles.leaves_no_owner(owners=store.members.owners(session, organization.id), present=present, wanted=role):
        raise LastOwner(name=user.name, organization=organization.name)
    _write_role(session, organization=organization.id, user=user.id, role=role)
    subject = Subject(user.id, owner=organization.id)
    data = {"from": present.value, "to": role.value if role else None}
    record(
        session, actor=actor, act="member.changed" if role else "member.left", subject=subject, clock=clock, data=data
    )
    epoch.bump(session)


def _write_role(session: Session, *, organization: AccountId, user: AccountId, role: Role | None) -> None:
    if role is None:
        store.members.remove(session, organization=organization, user=user)
    else:
        store.members.change(session, organization=organization, user=user, role=role)


def rename_organization(session: Session, *, actor: Actor, organization: Account, full_name: str, clock: Clock) -> None:
    """Change an organization's full name; its name stays, since addresses are made of it."""
    require(session, actor, organization.id, Role.ADMIN)
    store.people.set_full_name(session, organization.id, clean_full_name(full_name) or organization.name)
    record(session, actor=actor, act="organization.changed", subject=organization.id, clock=clock)
