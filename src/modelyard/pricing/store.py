"""Every query of prices."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from modelyard.economics import Meter, PerUnit, Price
from modelyard.infra import Statements, from_micros
from modelyard.kernel import AccountId, DeploymentId, PriceId, currency
from modelyard.pricing.models import PriceVersionRow
from modelyard.pricing.rules import atoms_of
from modelyard.pricing.versions import PriceVersion

_FIND = (
    "SELECT id, product, number, seller, currency, prompt_atoms, completion_atoms, platform_share_bp, effective_from,"
    " created_at FROM price_version WHERE id = ?"
)


def find(statements: Statements, price: PriceId) -> PriceVersion | None:
    """Return a version by its id, through plain SQL; for the writer's thread."""
    row = statements.one(_FIND, (price,))
    if row is None:
        return None
    named = PriceVersionRow(
        id=row[0],
        product=row[1],
        number=row[2],
        seller=row[3],
        currency=row[4],
        prompt_atoms=row[5],
        completion_atoms=row[6],
        platform_share_bp=row[7],
        effective_from=from_micros(row[8]),
        created_at=from_micros(row[9]),
    )
    return _value(named)


def history(session: Session, product: DeploymentId) -> list[PriceVersion]:
    """Return all versions of a product, the oldest first."""
    query = select(PriceVersionRow).where(PriceVersionRow.product == product).order_by(PriceVersionRow.number)
    return [_value(row) for row in session.scalars(query)]


def by_ids(session: Session, ids: Iterable[PriceId]) -> dict[PriceId, PriceVersion]:
    """Return the versions of these ids; those that do not exist are absent."""
    rows = session.scalars(select(PriceVersionRow).where(PriceVersionRow.id.in_(list(ids))))
    return {PriceId(row.id): _value(row) for row in rows}


def every(session: Session) -> Sequence[PriceVersion]:
    """Return all versions of all products, by product and number."""
    rows = session.scalars(select(PriceVersionRow).order_by(PriceVersionRow.product, PriceVersionRow.number))
    return [_value(row) for row in rows]


def last_number(session: Session, product: DeploymentId) -> int:
    """Return the number of a product's newest version, 0 when it has none."""
    query = select(func.max(PriceVersionRow.number)).where(PriceVersionRow.product == product)
    return session.execute(query).scalar_one() or 0


def add(session: Session, version: PriceVersion, *, created_by: str, created_at: datetime) -> None:
    """Write a new version."""
    session.add(
        PriceVersionRow(
            id=version.id,
            product=version.product,
            number=version.number,
            seller=version.seller,
            currency=version.price.currency.code,
            prompt_atoms=atoms_of(version.price, Meter.PROMPT_TOKENS),
            completion_atoms=atoms_of(version.price, Meter.COMPLETION_TOKENS),
            platform_share_bp=version.platform_share_bp,
            effective_from=version.effective_from,
            created_at=created_at,
            created_by=created_by,
        )
    )
    session.flush()


def _value(row: PriceVersionRow) -> PriceVersion:
    rates = (PerUnit(Meter.PROMPT_TOKENS, row.prompt_atoms), PerUnit(Meter.COMPLETION_TOKENS, row.completion_atoms))
    return PriceVersion(
        id=PriceId(row.id),
        number=row.number,
        seller=AccountId(row.seller),
        product=DeploymentId(row.product),
        price=Price(currency(row.currency), rates),
        platform_share_bp=row.platform_share_bp,
        effective_from=row.effective_from,
        at_once=row.effective_from <= row.created_at,
    )
