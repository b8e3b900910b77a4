"""Every query over usage events that is asked by people, through a session."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from modelyard.infra import from_micros, to_micros
from modelyard.kernel import AccountId, DeploymentId, Money, Page, PriceId, TokenId, currency
from modelyard.metering.models import HoldRow
from modelyard.metering.models import UsageEventRow as Row
from modelyard.metering.usage import Amounts, Dimension, Total, UsageEvent, Wanted
from modelyard.metering.values import HoldState, Usage

_DAY_MICROS = 86_400_000_000
_COLUMNS: dict[Dimension, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
    Dimension.DAY: type_coerce(Row.occurred_at, BigInteger) // _DAY_MICROS,
    Dimension.PRODUCT: Row.product,
    Dimension.PRICE: Row.price,
    Dimension.TOKEN: Row.token,
    Dimension.ACCOUNT: Row.account,
}
_SUMS = (
    func.count(),
    func.sum(Row.prompt_tokens),
    func.sum(Row.completion_tokens),
    func.sum(Row.rated_atoms),
    func.sum(Row.charged_atoms),
    func.sum(Row.platform_atoms),
)


def by_account(account: AccountId) -> ColumnElement[bool]:
    """Return the condition that an account used it."""
    return Row.account == account


def by_seller(seller: AccountId) -> ColumnElement[bool]:
    """Return the condition that an account sold it."""
    return Row.seller == seller


def totals(session: Session, whose: ColumnElement[bool], wanted: Wanted, by: Sequence[Dimension]) -> list[Total]:
    """Return the sums of the usage that is wanted, one for each combination of `by` and currency, in that order."""
    columns = [_COLUMNS[dimension] for dimension in by]
    query = select(Row.currency, *columns, *_SUMS).where(whose, _meant(wanted))
    query = query.group_by(*columns, Row.currency).order_by(*columns, Row.currency)
    return [_total(by, tuple(row)) for row in session.execute(query)]


def events(
    session: Session, whose: ColumnElement[bool], wanted: Wanted, *, before: str | None, limit: int
) -> Page[UsageEvent]:
    """Return a page of events, the newest first; the cursor is opaque, and one that is not ours starts at the top."""
    query: Select[Row] = select(Row).where(whose, _meant(wanted))
    if (last := _place(before)) is not None:
        at, name = last
        query = query.where(or_(Row.occurred_at < at, and_(Row.occurred_at == at, Row.id < name)))
    rows = session.scalars(query.order_by(Row.occurred_at.desc(), Row.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    cursor = f"{to_micros(shown[-1].occurred_at)}.{shown[-1].id}" if len(rows) > limit else None
    return Page([_event(row) for row in shown], cursor)


def open_holds(session: Session) -> int:
    """Return how many requests hold credit now."""
    return session.execute(select(func.count()).where(HoldRow.state == HoldState.OPEN)).scalar_one()


def _meant(wanted: Wanted) -> ColumnElement[bool]:
    conditions = [Row.occurred_at >= wanted.period.start, Row.occurred_at < wanted.period.end]
    if wanted.product is not None:
        conditions.append(Row.product == wanted.product)
    if wanted.token is not None:
        conditions.append(Row.token == wanted.token)
    return and_(*conditions)


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    micros, dot, name = (cursor or "").partition(".")
    # 17 digits reach the year 5138; more would overflow a datetime.
    return (from_micros(int(micros)), name) if dot and micros.isdecimal() and len(micros) < 18 else None


def _total(by: Sequence[Dimension], row: tuple[Any, ...]) -> Total:
    code, keys, sums = row[0], row[1 : 1 + len(by)], [int(each or 0) for each in row[1 + len(by) :]]
    requests, prompt, completion, *atoms = sums
    named = {dimension: _label(dimension, key) for dimension, key in zip(by, keys, strict=True)}
    return Total(named, requests, prompt, completion, _amounts(code, atoms))


def _label(dimension: Dimension, key: object) -> str:
    if dimension is Dimension.DAY:
        day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(str(key)))
        return day.date().isoformat()
    return "" if key is None else str(key)


def _amounts(code: str | None, atoms: Sequence[int]) -> Amounts | None:
    if code is None:
        return None
    of = currency(code)
    rated, charged, platform = atoms
    return Amounts(Money(rated, of), Money(charged, of), Money(platform, of))


def _event(row: Row) -> UsageEvent:
    return UsageEvent(
        source=row.source,
        id=row.id,
        account=AccountId(row.account),
        product=DeploymentId(row.product),
        token=TokenId(row.token) if row.token else None,
        price=PriceId(row.price) if row.price else None,
        usage=Usage(row.prompt_tokens, row.completion_tokens, estimated=row.estimated),
        amounts=_amounts(row.currency, (row.rated_atoms, row.charged_atoms, row.platform_atoms)),
        occurred_at=row.occurred_at,
    )
