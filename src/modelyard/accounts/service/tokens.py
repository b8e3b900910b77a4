"""Create and revoke access tokens."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import (
    ExpiryOutOfRange,
    Forbidden,
    ForeignTokenMalformed,
    InvalidToken,
    ScopesMissing,
    TokenNotFound,
    TokenTooStrong,
    TokenValueTaken,
)
from modelyard.accounts.rules import scopes, tokens
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.rules.text import one_line
from modelyard.accounts.service.audit import Subject, record
from modelyard.accounts.service.rights import require
from modelyard.accounts.values import Account, Shown, Token
from modelyard.infra import epoch, mint
from modelyard.infra.randomness import random_text
from modelyard.kernel import AccountId, Clock, TokenId

MAX_DAYS = 3650
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What a new token should be; `days` None lives without end, `value` is a secret brought from elsewhere."""

    scopes: frozenset[Scope]
    name: str = ""
    days: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, with its secret in clear this once."""

    token: Token
    secret: Shown


def create_token(session: Session, *, actor: Actor, user: Account, wish: TokenWish, clock: Clock) -> NewToken:
    """Create a token that speaks for a user: the user does it, or the operator on the command line.

    A token can bring forth only one that does no more and lives no longer, and that dies with it. Raises ScopesMissing,
    ExpiryOutOfRange, ForeignTokenMalformed, TokenValueTaken, TokenTooStrong or Forbidden.
    """
    _require_self(session, actor, user.id)
    secret = wish.value if wish.value is not None else tokens.PREFIX + random_text()
    _check(wish, secret)
    token = Token(
        id=TokenId(mint("tok", clock)),
        account=user.id,
        name=one_line(wish.name)[:MAX_NAME],
        preview=tokens.preview(secret),
        scopes=scopes.closure(wish.scopes),
        created_at=clock.now(),
        expires_at=None if wish.days is None else clock.now() + timedelta(days=wish.days),
        revoked_at=None,
        last_used=None,
    )
    _check_parent(session, actor, token)
    _add(session, token, secret, actor.token)
    data = {"scopes": " ".join(sorted(token.scopes)), "name": token.name}
    subject = Subject(token.id, owner=user.id)
    record(session, actor=actor, act="token.created", subject=subject, clock=clock, data=data)
    return NewToken(token, Shown(secret))


def _require_self(session: Session, actor: Actor, user: AccountId) -> None:
    require(session, actor, user, Role.OWNER)
    if actor.account is not None and actor.account != user:
        raise Forbidden(role=Role.OWNER.value)  # even an administrator does not speak in another's name


def _check(wish: TokenWish, secret: str) -> None:
    if not wish.scopes:
        raise ScopesMissing(field="scopes")
    if wish.days is not None and not 1 <= wish.days <= MAX_DAYS:
        raise ExpiryOutOfRange(field="days", most=MAX_DAYS)
    if not tokens.acceptable(secret):
        raise ForeignTokenMalformed(field="value", least=tokens.MIN_FOREIGN_LENGTH, most=tokens.MAX_LENGTH)


def _check_parent(session: Session, actor: Actor, token: Token) -> None:
    if actor.token is None:
        return
    parent = store.tokens.get(session, actor.token)
    if parent is None or not parent.usable(token.created_at):
        raise InvalidToken
    if not tokens.within(
        scopes=token.scopes, expires=token.expires_at, of_scopes=parent.scopes, of_expires=parent.expires_at
    ):
        raise TokenTooStrong


def _add(session: Session, token: Token, secret: str, parent: TokenId | None) -> None:
    secret_hash = tokens.digest(secret)
    if store.tokens.hash_known(session, secret_hash):
        raise TokenValueTaken(field="value")
    try:
        store.tokens.add(session, token, secret_hash=secret_hash, parent=parent)
    except IntegrityError as error:
        raise TokenValueTaken(field="value") from error


def list_tokens(session: Session, *, actor: Actor, user: AccountId) -> list[Token]:
    """Return a user's tokens that were not revoked, the newest first; for the user and for administrators."""
    require(session, actor, user, Role.OWNER)
    return store.tokens.of_user(session, user)


def find_token(session: Session, *, actor: Actor, token: TokenId) -> Token:
    """Return a token by id; one that the actor may not revoke is not found."""
    found = store.tokens.get(session, token)
    if found is None or not (actor.admin or actor.account == found.account):
        raise TokenNotFound
    return found


def revoke_token(session: Session, *, actor: Actor, token: TokenId, clock: Clock) -> None:
    """Revoke a token and all that it brought forth; they fail on the very next request. Twice is as good as once."""
    found = find_token(session, actor=actor, token=token)
    require(session, actor, found.account, Role.OWNER)
    count = store.tokens.revoke_tree(session, token, clock.now())
    if count:
        subject = Subject(token, owner=found.account)
        record(session, actor=actor, act="token.revoked", subject=subject, clock=clock, data={"count": count})
        epoch.bump(session)
