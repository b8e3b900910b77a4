"""The verbs of pricing."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy.orm import Session

from modelyard import accounts
from modelyard.accounts import Actor, Role
from modelyard.infra import epoch, mint
from modelyard.kernel import Clock, DeploymentId, PriceId
from modelyard.pricing import rules, store
from modelyard.pricing.rules import Product, Terms
from modelyard.pricing.versions import PriceVersion, Timeline


def set_price(session: Session, *, actor: Actor, product: Product, terms: Terms, clock: Clock) -> PriceVersion:
    """Write a new version of a product's price; terms that are in force already are returned as they are.

    Needs the role of a writer over the seller. Raises PriceInThePast. Every snapshot becomes stale.
    """
    accounts.require(session, actor, product.seller, Role.WRITE)
    now = clock.now()
    # The epoch's row is also the lock: two sellers' clicks on PostgreSQL get two numbers, one after the other.
    epoch.bump(session)
    timeline = Timeline.of(store.history(session, product.id))
    effective_from = rules.start(terms, timeline, now)
    known = timeline.at(effective_from)
    if known is not None and _same(known, product, terms):
        return known
    version = PriceVersion(
        id=PriceId(mint("prc", clock)),
        number=store.last_number(session, product.id) + 1,
        seller=product.seller,
        product=product.id,
        price=terms.price,
        platform_share_bp=terms.platform_share_bp,
        effective_from=effective_from,
        at_once=effective_from <= now,
    )
    store.add(session, version, created_by=actor.account or actor.name, created_at=now)
    currency = version.price.currency.code
    data: dict[str, str | int] = {"price": version.id, "number": version.number, "currency": currency}
    subject = accounts.Subject(product.id, product.seller)
    accounts.record(session, actor=actor, act="price.set", subject=subject, clock=clock, data=data)
    return version


def price_at(session: Session, product: DeploymentId, instant: datetime) -> PriceVersion | None:
    """Return the version in force at an instant, as `Timeline.at` does; None means that use is free."""
    return Timeline.of(store.history(session, product)).at(instant)


def history(session: Session, product: DeploymentId) -> list[PriceVersion]:
    """Return all versions of a product's price, the oldest first."""
    return store.history(session, product)


def timelines(session: Session) -> Mapping[DeploymentId, Timeline]:
    """Return the timeline of each product that has a price, for the gateway's snapshot."""
    by_product = groupby(store.every(session), key=attrgetter("product"))
    return {product: Timeline.of(versions) for product, versions in by_product}


def _same(known: PriceVersion, product: Product, terms: Terms) -> bool:
    return (known.seller, known.price, known.platform_share_bp) == (
        product.seller,
        terms.price,
        terms.platform_share_bp,
    )
