"""Forget what can no longer matter: expired sessions, spent links, empty throttle buckets."""

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.kernel import Clock


def sweep(session: Session, *, clock: Clock) -> None:
    """Forget what has expired; once an hour is plenty, and nothing depends on it but the size of the tables."""
    now = clock.now()
    store.sessions.sweep(session, now)
    store.links.sweep(session, now)
    store.buckets.sweep(session, now)
