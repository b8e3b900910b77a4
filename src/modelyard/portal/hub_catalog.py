"""The `Catalog` of the hub's own repositories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy.orm import Session

from modelyard import hub
from modelyard.accounts import Actor
from modelyard.hub import Order, Query, RepoKind, Repository
from modelyard.kernel import Page, RepoId
from modelyard.portal.catalog import FILTERS, Facet, FacetValue, RepoCard, Sort, TokenPrice, Wish

_ORDERS: Mapping[Sort, Order] = {
    "updated": Order.MODIFIED,
    "created": Order.CREATED,
    "downloads": Order.DOWNLOADS,
    "likes": Order.LIKES,
}
_VALUES_A_FACET = 12


class Offers(Protocol):
    """Tells which repositories answer requests here, and for what price."""

    def of(self, session: Session, repositories: Sequence[RepoId]) -> Mapping[RepoId, TokenPrice | None]:
        """Return those of the repositories that are served; the price is None where none was set."""
        ...


class HubCatalog:
    """Finds repositories in the hub, and marks those that are served."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    def search(self, session: Session, *, actor: Actor, wish: Wish) -> Page[RepoCard]:
        """Return one page of what fits the wish."""
        page = hub.list_repositories(session, actor=actor, query=_query(wish))
        offers = self._offers.of(session, [repository.id for repository in page.items])
        return Page([_card(repository, offers) for repository in page.items], page.next)

    def facets(self, session: Session, *, actor: Actor, wish: Wish) -> Sequence[Facet]:
        """Return the filters with their commonest values; a filter that is set counts what stands beside its value."""
        query = _query(wish)
        counted = hub.facets(session, actor=actor, query=query, names=tuple(FILTERS))
        for name in wish.filters:
            others = tuple(tag for tag in query.tags if not tag.startswith(f"{name}:"))
            counted |= hub.facets(session, actor=actor, query=replace(query, tags=others), names=(name,))
        return [Facet(name, [FacetValue(*pair) for pair in counted[name][:_VALUES_A_FACET]]) for name in FILTERS]


def _query(wish: Wish) -> Query:
    return Query(
        kind=RepoKind(wish.kind),
        author=wish.owner or None,
        search=tuple(wish.text.split()),
        tags=tuple(f"{name}:{value}" for name, value in wish.filters.items()),
        order=_ORDERS[wish.sort],
        after=wish.cursor,
        limit=wish.limit,
    )


def _card(repository: Repository, offers: Mapping[RepoId, TokenPrice | None]) -> RepoCard:
    path = repository.path
    return RepoCard(
        kind="dataset" if path.kind is RepoKind.DATASET else "model",
        owner=path.namespace,
        name=path.name,
        address=f"/{path.address}",
        updated_at=repository.modified_at,
        downloads=repository.downloads,
        likes=repository.likes,
        private=repository.private,
        task=repository.pipeline_tag,
        license=next((tag.removeprefix("license:") for tag in repository.tags if tag.startswith("license:")), None),
        serving=repository.id in offers,
        price=offers.get(repository.id),
    )
