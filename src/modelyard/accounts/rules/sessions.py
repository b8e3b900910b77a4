"""How long a browser stays signed in, and how a form proves that it came from our own page."""

import hashlib
import hmac
from datetime import datetime, timedelta

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
RENEW_EVERY = timedelta(hours=1)
_CSRF_PURPOSE = b"modelyard csrf token v1"


def expiry(*, started: datetime, seen: datetime) -> datetime:
    """Return when a session ends: two weeks after it was last seen, ninety days after sign-in at the latest."""
    return min(seen + IDLE, started + LONGEST)


def renewed(*, started: datetime, expires: datetime, now: datetime) -> datetime | None:
    """Return the new expiry when it is worth writing down, at most once an hour; None otherwise."""
    later = expiry(started=started, seen=now)
    return later if later - expires >= RENEW_EVERY else None


def csrf_token(secret: str) -> str:
    """Derive the form token of a cookie's secret; the token reveals nothing of the secret (HMAC-SHA256)."""
    return hmac.new(secret.encode(), _CSRF_PURPOSE, hashlib.sha256).hexdigest()
