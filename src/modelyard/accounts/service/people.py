"""Create people, look accounts up, suspend and restore."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import (
    AccountNotFound,
    EmailMalformed,
    EmailTaken,
    FullNameTooLong,
    NameMalformed,
    NameReserved,
    NameTaken,
    NotAUser,
)
from modelyard.accounts.passwords import PasswordHash
from modelyard.accounts.rules import emails, names
from modelyard.accounts.rules.names import NameVerdict
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.rules.text import one_line
from modelyard.accounts.service.audit import record
from modelyard.accounts.service.rights import require, require_admin, require_user
from modelyard.accounts.values import Account, AccountKind, User
from modelyard.infra import epoch, mint
from modelyard.kernel import AccountId, Clock, Page

MAX_FULL_NAME = 200


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be created; an empty full name becomes the name."""

    name: str
    full_name: str = ""
    email: str | None = None
    admin: bool = False


def new_account(session: Session, *, kind: AccountKind, name: str, full_name: str, clock: Clock) -> Account:
    """Judge a name and return the account that would have it; raises the fault of the name."""
    verdict = names.judge(name)
    if verdict is NameVerdict.MALFORMED:
        raise NameMalformed(field="name", name=name[:100])
    if verdict is NameVerdict.RESERVED:
        raise NameReserved(field="name", name=name)
    if store.people.by_name(session, name):
        raise NameTaken(field="name", name=name)
    account = AccountId(mint("acc", clock))
    return Account(account, kind, name, clean_full_name(full_name) or name, clock.now())


def create_user(
    session: Session, *, actor: Actor, new: NewUser, password_hash: PasswordHash | None, clock: Clock
) -> User:
    """Create a person; only an administrator may. Without a password the person needs a reset link first."""
    require_admin(actor)
    email = _email(session, new.email)
    account = new_account(session, kind=AccountKind.USER, name=new.name, full_name=new.full_name, clock=clock)
    user = User(account, email, new.admin, has_password=password_hash is not None, suspended_at=None)
    add_person(session, user, password_hash)
    record(session, actor=actor, act="user.created", subject=account.id, clock=clock, data={"admin": new.admin})
    return user


def add_person(session: Session, user: User, password_hash: PasswordHash | None) -> None:
    """Write a person down; who loses a race for a name or an address hears the same as who came late."""
    try:
        store.people.add_user(session, user, password_hash=password_hash)
    except IntegrityError as error:
        if "email_key" in str(error.orig):
            raise EmailTaken(field="email") from error
        raise NameTaken(field="name", name=user.account.name) from error


def clean_full_name(full_name: str) -> str:
    """Return a full name as one line of text; raises FullNameTooLong."""
    text = one_line(full_name)
    if len(text) > MAX_FULL_NAME:
        raise FullNameTooLong(field="full_name", most=MAX_FULL_NAME)
    return text


def _email(session: Session, email: str | None) -> str | None:
    if not email:
        return None
    if not emails.well_formed(email):
        raise EmailMalformed(field="email", email=email[:100])
    if store.people.email_taken(session, email):
        raise EmailTaken(field="email")
    return email


def find_account(session: Session, name: str) -> Account:
    """Return the user or organization of a name, whatever its case; raises AccountNotFound."""
    found = store.people.by_name(session, name)
    if found is None:
        raise AccountNotFound(name=name[:100])
    return found


def account_by_id(session: Session, account: AccountId) -> Account:
    """Return the account of an id; raises AccountNotFound."""
    found = store.people.by_id(session, account)
    if found is None:
        raise AccountNotFound(name=account)
    return found


def accounts_by_id(session: Session, accounts: set[AccountId]) -> dict[AccountId, Account]:
    """Return several accounts at once, for lists that show names; unknown ids are left out."""
    return store.people.by_ids(session, accounts)


def find_user(session: Session, name: str) -> User:
    """Return a person by name; raises AccountNotFound, or NotAUser for an organization."""
    account = find_account(session, name)
    user = store.people.user(session, account.id)
    if user is None:
        raise NotAUser(name=account.name)
    return user


def the_user(session: Session, actor: Actor) -> User:
    """Return the person who acts; raises SignInRequired for anybody else."""
    user = store.people.user(session, require_user(actor, Scope.READ))
    if user is None:
        raise AccountNotFound(name=actor.name)
    return user


def list_users(session: Session, *, actor: Actor, after: str = "", limit: int = 50) -> Page[User]:
    """List people by name, for administrators."""
    require_admin(actor)
    return store.people.users(session, after=after, limit=max(1, min(limit, 200)))


def update_profile(
    session: Session, *, actor: Actor, user: User, full_name: str, email: str | None, clock: Clock
) -> None:
    """Change a person's full name and email address."""
    require(session, actor, user.account.id, Role.OWNER)
    unchanged = (email or "").lower() == (user.email or "").lower()
    kept = (email or None) if unchanged else _email(session, email)
    store.people.set_profile(
        session, user.account.id, full_name=clean_full_name(full_name) or user.account.name, email=kept
    )
    record(session, actor=actor, act="user.changed", subject=user.account.id, clock=clock)


def suspend_user(session: Session, *, actor: Actor, user: User, clock: Clock) -> None:
    """Lock a person out: tokens and sessions stop on the next request, and nothing is lost."""
    require_admin(actor)
    store.people.set_suspended(session, user.account.id, clock.now())
    store.sessions.end_all(session, user.account.id)
    record(session, actor=actor, act="user.suspended", subject=user.account.id, clock=clock)
    epoch.bump(session)


def restore_user(session: Session, *, actor: Actor, user: User, clock: Clock) -> None:
    """Let a suspended person in again; tokens work as before, sessions start anew."""
    require_admin(actor)
    store.people.set_suspended(session, user.account.id, None)
    record(session, actor=actor, act="user.restored", subject=user.account.id, clock=clock)
