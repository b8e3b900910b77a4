"""The audit trail: rows are added and read."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from modelyard.accounts.models import AuditRow
from modelyard.accounts.values import AuditEntry
from modelyard.kernel import AccountId, Page, TokenId


def add(session: Session, row: AuditRow) -> None:
    """Add a line."""
    session.add(row)


def _to_entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        actor_id=AccountId(row.actor_id) if row.actor_id else None,
        actor_name=row.actor_name,
        token_id=TokenId(row.token_id) if row.token_id else None,
        act=row.act,
        subject=row.subject,
        data=row.data if isinstance(row.data, dict) else {},
        request_id=row.request_id,
    )


def page(session: Session, *, owner: AccountId | None, before: int | None, limit: int) -> Page[AuditEntry]:
    """List lines, the newest first; None as owner lists those of everyone."""
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit + 1)
    if owner is not None:
        query = query.where(AuditRow.owner == owner)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    rows = list(session.scalars(query))
    return Page([_to_entry(row) for row in rows[:limit]], str(rows[limit - 1].seq) if len(rows) > limit else None)
