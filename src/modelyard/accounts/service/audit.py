"""Write down who did what, in the transaction that does it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import Forbidden
from modelyard.accounts.models import AuditRow
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.service.rights import role_of
from modelyard.accounts.values import AuditEntry
from modelyard.kernel import AccountId, Clock, Page, is_id
from modelyard.kernel.errors import Datum

MAX_PAGE = 200
_DIGITS = 18  # what a BIGINT holds


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was done to, and whose audit page shows it."""

    id: str
    owner: AccountId


def record(
    session: Session,
    *,
    actor: Actor,
    act: str,
    subject: str | Subject,
    clock: Clock,
    data: Mapping[str, Datum] | None = None,
) -> None:
    """Add a line to the audit trail: `act` is `noun.verb` in the past tense, such as `repo.created`.

    A subject that names no owner shows on the page of the account that it is, or else on the actor's own.
    The request id comes from the log's context, where the web face puts it.
    """
    request_id = get_contextvars().get("request_id")
    store.audit.add(
        session,
        AuditRow(
            at=clock.now(),
            actor_id=actor.account,
            actor_name=actor.name,
            token_id=actor.token,
            act=act,
            subject=subject.id if isinstance(subject, Subject) else subject,
            owner=_owner(actor, subject),
            data=dict(data or {}),
            request_id=str(request_id)[:64] if request_id else None,
        ),
    )


def _owner(actor: Actor, subject: str | Subject) -> str | None:
    if isinstance(subject, Subject):
        return subject.owner
    return subject if is_id(subject, "acc") else actor.account


def audit_page(
    session: Session, *, actor: Actor, owner: AccountId | None, before: str | None = None, limit: int = 50
) -> Page[AuditEntry]:
    """List the audit trail of an account, the newest first; None as owner lists everyone's, for administrators.

    An organization's trail is for its owners. The cursor is the sequence number of the last line of a page.
    """
    if not _may_read(session, actor, owner):
        raise Forbidden(role=Role.OWNER.value)
    start = int(before) if before and before.isdecimal() and len(before) <= _DIGITS else None
    return store.audit.page(session, owner=owner, before=start, limit=max(1, min(limit, MAX_PAGE)))


def _may_read(session: Session, actor: Actor, owner: AccountId | None) -> bool:
    if Scope.READ not in actor.scopes:
        return False
    return actor.admin or (owner is not None and role_of(session, actor, owner) is Role.OWNER)
