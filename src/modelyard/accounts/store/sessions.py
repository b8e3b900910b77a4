"""Signed-in browsers by hash."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from modelyard.accounts.models import AccountRow, SessionRow, UserRow
from modelyard.accounts.rules.text import one_line
from modelyard.accounts.store.people import to_user
from modelyard.accounts.values import Browser, SessionId, User, WebSession
from modelyard.kernel import AccountId

RENEW_SQL = "UPDATE web_session SET expires_at = ? WHERE id = ? AND expires_at < ?"


def _to_session(row: SessionRow) -> WebSession:
    browser = Browser(row.address, row.browser)
    return WebSession(SessionId(row.id), AccountId(row.account_id), browser, row.started_at, row.expires_at)


def add(session: Session, web: WebSession, *, secret_hash: str) -> None:
    """Add a session under the hash of its cookie."""
    session.add(
        SessionRow(
            id=web.id,
            account_id=web.account,
            secret_hash=secret_hash,
            address=one_line(web.browser.address)[:45],
            browser=one_line(web.browser.agent)[:200],
            started_at=web.started_at,
            expires_at=web.expires_at,
        )
    )


def bearer(session: Session, secret_hash: str) -> tuple[WebSession, User] | None:
    """Return the session of a hash with its user."""
    row = session.execute(
        select(SessionRow, AccountRow, UserRow)
        .join(AccountRow, AccountRow.id == SessionRow.account_id)
        .join(UserRow, UserRow.account_id == SessionRow.account_id)
        .where(SessionRow.secret_hash == secret_hash)
    ).one_or_none()
    return (_to_session(row[0]), to_user(row[1], row[2])) if row else None


def of_user(session: Session, user: AccountId, *, now: datetime) -> list[WebSession]:
    """Return a user's sessions that have not expired, the newest first."""
    query = select(SessionRow).where(SessionRow.account_id == user, SessionRow.expires_at > now)
    return [_to_session(row) for row in session.scalars(query.order_by(SessionRow.id.desc()))]


def end(session: Session, secret_hash: str) -> AccountId | None:
    """End the session of a hash; return whose it was."""
    found = session.execute(
        delete(SessionRow).where(SessionRow.secret_hash == secret_hash).returning(SessionRow.account_id)
    ).scalar_one_or_none()
    return AccountId(found) if found else None


def end_all(session: Session, user: AccountId) -> int:
    """End every session of a user; return how many there were."""
    gone = session.execute(delete(SessionRow).where(SessionRow.account_id == user).returning(SessionRow.id))
    return len(gone.all())


def sweep(session: Session, now: datetime) -> int:
    """Forget sessions that have expired."""
    gone = session.execute(delete(SessionRow).where(SessionRow.expires_at <= now).returning(SessionRow.id))
    return len(gone.all())
