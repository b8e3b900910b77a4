"""Links that work once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from modelyard.accounts.models import LinkRow
from modelyard.kernel import AccountId


class Purpose(StrEnum):
    """What a one-time link is good for."""

    FIRST_ADMIN = "first_admin"
    RESET = "reset"


def add(session: Session, link: LinkRow) -> None:
    """Add a link."""
    session.add(link)


def forget(session: Session, *, purpose: Purpose, account: AccountId | None) -> None:
    """Drop the unused links of this purpose for this account, so that only the newest one works."""
    same = LinkRow.account_id.is_not_distinct_from(account)
    session.execute(delete(LinkRow).where(LinkRow.purpose == purpose.value, same, LinkRow.used_at.is_(None)))


def open_link(session: Session, *, purpose: Purpose, secret_hash: str, now: datetime) -> LinkRow | None:
    """Return the link of a hash while it may still be used."""
    return session.scalars(
        select(LinkRow).where(
            LinkRow.purpose == purpose.value,
            LinkRow.secret_hash == secret_hash,
            LinkRow.used_at.is_(None),
            LinkRow.expires_at > now,
        )
    ).one_or_none()


def use(session: Session, *, purpose: Purpose, secret_hash: str, now: datetime) -> LinkRow | None:
    """Use up the link of a hash; of two at once, one gets it and the other None."""
    return session.scalars(
        update(LinkRow)
        .where(
            LinkRow.purpose == purpose.value,
            LinkRow.secret_hash == secret_hash,
            LinkRow.used_at.is_(None),
            LinkRow.expires_at > now,
        )
        .values(used_at=now)
        .returning(LinkRow)
    ).one_or_none()


def sweep(session: Session, now: datetime) -> None:
    """Forget links that can no longer be used."""
    session.execute(delete(LinkRow).where((LinkRow.expires_at <= now) | LinkRow.used_at.is_not(None)))
