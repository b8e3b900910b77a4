"""Turn credentials into an actor."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import InvalidToken
from modelyard.accounts.rules import sessions, tokens
from modelyard.accounts.rules.scopes import EVERY_SCOPE
from modelyard.accounts.values import Token, WebSession
from modelyard.infra import Statements, to_micros
from modelyard.kernel import Clock, TokenId


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What a token gives: an actor, until `token.expires_at` at the latest. Who keeps it must look at that again."""

    actor: Actor
    token: Token


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """What a session's cookie gives."""

    actor: Actor
    session: WebSession
    full_name: str


def authenticate_token(session: Session, secret: str, clock: Clock) -> Actor:
    """Return the actor of a token; raises InvalidToken if it is unknown, revoked, expired or of a suspended user."""
    return grant_by_token_hash(session, tokens.digest(secret), clock).actor


def actor_by_token_hash(session: Session, sha256_hex: str, clock: Clock) -> Actor:
    """Return the actor of a token's sha256; as `authenticate_token`, for those who never hold the token itself."""
    return grant_by_token_hash(session, sha256_hex, clock).actor


def grant_by_token_hash(session: Session, sha256_hex: str, clock: Clock) -> TokenGrant:
    """Return actor and token of a token's sha256; raises InvalidToken."""
    found = store.tokens.bearer(session, sha256_hex)
    if found is None:
        raise InvalidToken
    token, user = found
    if user.suspended_at is not None or not token.usable(clock.now()):
        raise InvalidToken
    actor = Actor(user.account.id, user.account.name, token.scopes, admin=user.admin, token=token.id)
    return TokenGrant(actor, token)


def used_today(token: Token, now: datetime) -> bool:
    """Tell whether the day of last use is written down already."""
    return token.last_used is not None and token.last_used >= now.date()


def mark_token_used(token: TokenId, now: datetime) -> Callable[[Statements], int]:
    """Return the work for the writer that notes the day of last use; once a day for each token is enough."""
    day = store.tokens.day_number(now)
    return lambda statements: statements.execute(store.tokens.MARK_USED_SQL, (day, token, day))


def grant_by_session(session: Session, secret: str, clock: Clock) -> SessionGrant | None:
    """Return what a cookie's secret gives, or None when it is unknown, expired or of a suspended user."""
    found = store.sessions.bearer(session, tokens.digest(secret))
    if found is None:
        return None
    web, user = found
    if user.suspended_at is not None or web.expires_at <= clock.now():
        return None
    actor = Actor(user.account.id, user.account.name, EVERY_SCOPE, admin=user.admin)
    return SessionGrant(actor, web, user.account.full_name)


def renewal(web: WebSession, now: datetime) -> Callable[[Statements], int] | None:
    """Return the work for the writer that lets a used session live on, or None while it is too early for that."""
    later = sessions.renewed(started=web.started_at, expires=web.expires_at, now=now)
    if later is None:
        return None
    micros = to_micros(later)
    return lambda statements: statements.execute(store.sessions.RENEW_SQL, (micros, web.id, micros))
