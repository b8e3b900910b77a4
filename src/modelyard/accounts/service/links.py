"""Links that work once: to create the first administrator, and to choose a new password."""

from datetime import timedelta

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import AdministratorExists, LinkNotValid, SignInFailed
from modelyard.accounts.models import LinkRow
from modelyard.accounts.passwords import PasswordHash, Verified
from modelyard.accounts.rules import tokens
from modelyard.accounts.rules.scopes import EVERY_SCOPE
from modelyard.accounts.service.audit import record
from modelyard.accounts.service.people import NewUser, create_user
from modelyard.accounts.service.rights import require_admin, require_user
from modelyard.accounts.store.links import Purpose
from modelyard.accounts.values import User
from modelyard.infra import mint
from modelyard.infra.randomness import random_text
from modelyard.kernel import AccountId, Clock

FIRST_ADMIN_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(hours=24)
FIRST_ADMIN_PATH = "/first-admin/"
RESET_PATH = "/reset/"


def first_admin_link(session: Session, *, origin: str, clock: Clock) -> str | None:
    """Return the one-time link that creates the administrator, or None once there is a user.

    Each call makes a new one and ends the one before, so a link in an old log is worthless. `origin` is the public
    address without a trailing slash.
    """
    if store.people.any_user(session):
        return None
    return origin + FIRST_ADMIN_PATH + _new_link(session, Purpose.FIRST_ADMIN, None, FIRST_ADMIN_LIFE, clock)


def create_first_administrator(
    session: Session, *, secret: str, new: NewUser, password_hash: PasswordHash, clock: Clock
) -> User:
    """Use the link up and create the administrator of this server; raises LinkNotValid or AdministratorExists."""
    hashed = tokens.digest(secret)
    if store.links.use(session, purpose=Purpose.FIRST_ADMIN, secret_hash=hashed, now=clock.now()) is None:
        raise LinkNotValid
    if store.people.any_user(session):
        raise AdministratorExists
    administrator = NewUser(new.name, new.full_name, new.email, admin=True)
    actor = Actor.system("first-admin")
    return create_user(session, actor=actor, new=administrator, password_hash=password_hash, clock=clock)


def reset_link(session: Session, *, actor: Actor, user: User, origin: str, clock: Clock) -> str:
    """Return a one-time link by which a person chooses a new password within a day; only an administrator may."""
    require_admin(actor)
    secret = _new_link(session, Purpose.RESET, user.account.id, RESET_LIFE, clock)
    record(session, actor=actor, act="password.reset_link_created", subject=user.account.id, clock=clock)
    return origin + RESET_PATH + secret


def open_reset(session: Session, *, secret: str, clock: Clock) -> User:
    """Return whom a reset link is for, without using it up; raises LinkNotValid."""
    link = store.links.open_link(session, purpose=Purpose.RESET, secret_hash=tokens.digest(secret), now=clock.now())
    return _user_of(session, link)


def first_admin_open(session: Session, *, secret: str, clock: Clock) -> bool:
    """Tell whether the link to create the administrator still works."""
    hashed = tokens.digest(secret)
    link = store.links.open_link(session, purpose=Purpose.FIRST_ADMIN, secret_hash=hashed, now=clock.now())
    return link is not None and not store.people.any_user(session)


def reset_password(session: Session, *, secret: str, password_hash: PasswordHash, clock: Clock) -> User:
    """Use a reset link up: the new password holds, and every session of the person ends."""
    link = store.links.use(session, purpose=Purpose.RESET, secret_hash=tokens.digest(secret), now=clock.now())
    user = _user_of(session, link)
    _replace_password(session, user, password_hash, clock)
    return user


def change_password(
    session: Session, *, actor: Actor, verified: Verified, password_hash: PasswordHash, clock: Clock
) -> User:
    """Replace one's own password after the old one was given rightly; every session ends, this one too."""
    me = require_user(actor)
    user = store.people.user(session, me)
    if user is None or not verified.right or store.people.password_hash(session, me) != verified.against:
        raise SignInFailed(field="current")
    _replace_password(session, user, password_hash, clock)
    return user


def password_hash_of(session: Session, *, actor: Actor) -> str | None:
    """Return the stored hash of the actor's own password, to check the old one against."""
    found = store.people.credentials(session, actor.name) if actor.account else None
    return found[1] if found else None


def _replace_password(session: Session, user: User, password_hash: PasswordHash, clock: Clock) -> None:
    store.people.set_password(session, user.account.id, password_hash)
    store.sessions.end_all(session, user.account.id)
    store.links.forget(session, purpose=Purpose.RESET, account=user.account.id)
    actor = Actor(user.account.id, user.account.name, EVERY_SCOPE, admin=user.admin)
    record(session, actor=actor, act="password.changed", subject=user.account.id, clock=clock)


def _new_link(session: Session, purpose: Purpose, account: AccountId | None, life: timedelta, clock: Clock) -> str:
    store.links.forget(session, purpose=purpose, account=account)
    secret, now = random_text(), clock.now()
    store.links.add(
        session,
        LinkRow(
            id=mint("lnk", clock),
            purpose=purpose.value,
            account_id=account,
            secret_hash=tokens.digest(secret),
            created_at=now,
            expires_at=now + life,
        ),
    )
    return secret


def _user_of(session: Session, link: LinkRow | None) -> User:
    user = store.people.user(session, AccountId(link.account_id)) if link and link.account_id else None
    if user is None or user.suspended_at is not None:
        raise LinkNotValid
    return user
