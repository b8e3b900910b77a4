"""People to try things on, and the few lines that make them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import EVERY_SCOPE, Account, Actor, NewToken, NewUser, Scope, TokenWish
from modelyard.kernel import ManualClock

OPERATOR = Actor.system("test")


@dataclass(frozen=True)
class Town:
    """Ada owns the organization acme, Bob is nobody in it, Root administers the server."""

    ada: Account
    bob: Account
    root: Account
    acme: Account


def person(account: Account, *, admin: bool = False, scopes: frozenset[Scope] = EVERY_SCOPE) -> Actor:
    """Return a user as a session would."""
    return Actor(account.id, account.name, scopes, admin=admin)


def user(session: Session, name: str, clock: ManualClock, *, admin: bool = False, email: str | None = None) -> Account:
    """Create a user without a password."""
    new = NewUser(name, email=email, admin=admin)
    return accounts.create_user(session, actor=OPERATOR, new=new, password_hash=None, clock=clock).account


def token(session: Session, owner: Account, clock: ManualClock, *scopes: Scope, days: int | None = None) -> NewToken:
    """Create a token of these scopes, all of them by default."""
    wish = TokenWish(frozenset(scopes) or EVERY_SCOPE, name="test", days=days)
    return accounts.create_token(session, actor=person(owner), user=owner, wish=wish, clock=clock)
