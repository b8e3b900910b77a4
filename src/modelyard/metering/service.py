"""What people ask of metering: what was used, what was sold, and the receipt of one request."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Actor, Role
from modelyard.infra.sql import over
from modelyard.kernel import AccountId, Page
from modelyard.metering import reading, store
from modelyard.metering.errors import ReceiptNotFound
from modelyard.metering.usage import Dimension, Total, UsageEvent, Wanted
from modelyard.metering.values import Receipt, RequestId

MAX_PAGE = 1000


def spending(
    session: Session, *, actor: Actor, account: AccountId, wanted: Wanted, by: Sequence[Dimension] = ()
) -> list[Total]:
    """Return what an account used, for those who may read it."""
    accounts.require(session, actor, account, Role.READ)
    return reading.totals(session, reading.by_account(account), wanted, by)


def sales(
    session: Session, *, actor: Actor, seller: AccountId, wanted: Wanted, by: Sequence[Dimension] = ()
) -> list[Total]:
    """Return what an account sold, for those who may read it; to whom is none of the seller's business.

    Raises ValueError when the totals would tell customers or their tokens apart.
    """
    if wanted.token is not None or {Dimension.ACCOUNT, Dimension.TOKEN} & set(by):
        msg = "sales are never told apart by customer"
        raise ValueError(msg)
    accounts.require(session, actor, seller, Role.READ)
    return reading.totals(session, reading.by_seller(seller), wanted, by)


def events(
    session: Session, *, actor: Actor, account: AccountId, wanted: Wanted, before: str | None = None, limit: int = 100
) -> Page[UsageEvent]:
    """Return a page of an account's usage events, the newest first, for those who may read it."""
    accounts.require(session, actor, account, Role.READ)
    size = max(1, min(limit, MAX_PAGE))
    return reading.events(session, reading.by_account(account), wanted, before=before, limit=size)


def receipt(session: Session, *, actor: Actor, request: RequestId) -> Receipt:
    """Return the receipt of a settled request; to those who may not read its account it does not exist."""
    found = store.find_receipt(over(session), request)
    if found is None or not accounts.allow(session, actor, found[0].account, Role.READ):
        raise ReceiptNotFound(request=request)
    return found[0]
