"""Sign in with a password: counted before it is checked, and the same work whoever is asked for.

The face runs three steps, so that no transaction waits for the slow hash:

    with db.unit() as session:   challenge = sign_in.admit(session, ...)      # counts the attempt
    verified = passwords.verify(password, challenge.password_hash)            # outside
    with db.unit() as session:   new = sign_in.welcome(session, ...)          # only if it was right
"""

import hashlib
from dataclasses import dataclass
from math import ceil

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.errors import AccountSuspended, SignInFailed, TooManyAttempts
from modelyard.accounts.passwords import Verified
from modelyard.accounts.rules import addresses, throttle
from modelyard.accounts.rules.throttle import Rate
from modelyard.accounts.service.sessions import NewSession, start_session
from modelyard.accounts.values import Browser
from modelyard.kernel import AccountId, Clock


@dataclass(frozen=True, slots=True)
class Challenge:
    """An attempt that was counted; `account` and `password_hash` are None for a name that nobody has."""

    bucket: str
    account: AccountId | None
    password_hash: str | None


def admit(session: Session, *, name: str, address: str, clock: Clock, device: str | None = None) -> Challenge:
    """Count an attempt against the name and the client's address; raises TooManyAttempts.

    `device` is the nonce of a browser that has signed in under this name before: its tries are counted apart, so that
    strangers who guess at a name cannot lock its owner out.
    """
    bucket = _bucket("device", device) if device else _bucket("name", name.strip().lower())
    _count(session, bucket, throttle.PER_NAME, clock)
    _count(session, _bucket("address", addresses.group(address)), throttle.PER_ADDRESS, clock)
    found = store.people.credentials(session, name.strip())
    account, password_hash = found or (None, None)
    return Challenge(bucket, account, password_hash)


def welcome(
    session: Session,
    *,
    challenge: Challenge,
    verified: Verified,
    browser: Browser,
    replaces: str | None,
    clock: Clock,
) -> NewSession:
    """Start a session after a right password, forget the attempts for the name, and keep a fresher hash.

    Raises SignInFailed, or AccountSuspended for someone who did know the password.
    """
    user = store.people.user(session, challenge.account) if challenge.account and verified.right else None
    if user is None or store.people.password_hash(session, user.account.id) != verified.against:
        raise SignInFailed
    if user.suspended_at is not None:
        raise AccountSuspended(name=user.account.name)
    if verified.fresh is not None:
        store.people.set_password(session, user.account.id, verified.fresh)
    store.buckets.empty(session, challenge.bucket)
    return start_session(session, user=user, browser=browser, replaces=replaces, clock=clock)


def admit_guess(session: Session, *, address: str, clock: Clock) -> None:
    """Count a try at a one-time link or an old password against the client's address; raises TooManyAttempts."""
    _count(session, _bucket("address", addresses.group(address)), throttle.PER_ADDRESS, clock)


def _count(session: Session, bucket: str, rate: Rate, clock: Clock) -> None:
    now = clock.now()
    attempt = throttle.attempt(rate, full_until=store.buckets.lock(session, bucket, untouched=now), now=now)
    if not attempt.allowed:
        raise TooManyAttempts(retry_after=ceil(attempt.wait.total_seconds()))
    store.buckets.fill(session, bucket, attempt.full_until)


def _bucket(kind: str, what: str) -> str:
    return hashlib.sha256(f"{kind}:{what}".encode("utf-8", "surrogatepass")).hexdigest()
