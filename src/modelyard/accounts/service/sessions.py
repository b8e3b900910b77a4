"""Start and end the sessions of browsers."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.rules import sessions, tokens
from modelyard.accounts.rules.scopes import EVERY_SCOPE
from modelyard.accounts.service.audit import record
from modelyard.accounts.service.rights import require_user
from modelyard.accounts.values import Browser, SessionId, Shown, User, WebSession
from modelyard.infra import mint
from modelyard.infra.randomness import random_text
from modelyard.kernel import Clock


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session, with the secret of its cookie in clear this once."""

    session: WebSession
    secret: Shown


def start_session(session: Session, *, user: User, browser: Browser, replaces: str | None, clock: Clock) -> NewSession:
    """Sign a browser in under a fresh secret; what the browser presented before is ended, never adopted."""
    if replaces:
        store.sessions.end(session, tokens.digest(replaces))
    now = clock.now()
    expires = sessions.expiry(started=now, seen=now)
    web = WebSession(SessionId(mint("ses", clock)), user.account.id, browser, started_at=now, expires_at=expires)
    secret = random_text()
    store.sessions.add(session, web, secret_hash=tokens.digest(secret))
    actor = Actor(user.account.id, user.account.name, EVERY_SCOPE, admin=user.admin)
    record(session, actor=actor, act="session.started", subject=web.id, clock=clock, data={"address": browser.address})
    return NewSession(web, Shown(secret))


def end_session(session: Session, *, actor: Actor, secret: str, clock: Clock) -> None:
    """Sign this browser out; an unknown secret is signed out already."""
    whose = store.sessions.end(session, tokens.digest(secret))
    if whose is not None:
        record(session, actor=actor, act="session.ended", subject=whose, clock=clock)


def end_all_sessions(session: Session, *, actor: Actor, clock: Clock) -> int:
    """Sign the actor out everywhere, this browser included; return how many sessions there were."""
    me = require_user(actor)
    count = store.sessions.end_all(session, me)
    record(session, actor=actor, act="session.all_ended", subject=me, clock=clock, data={"count": count})
    return count


def list_sessions(session: Session, *, actor: Actor, clock: Clock) -> list[WebSession]:
    """Return where the actor is signed in, the newest first."""
    return store.sessions.of_user(session, require_user(actor), now=clock.now())
