"""What the lists ask for and get; the hub answers behind the `Catalog` port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from modelyard.accounts import Actor
from modelyard.kernel import N_, Money, Page

Kind = Literal["model", "dataset"]
Sort = Literal["updated", "created", "downloads", "likes"]

SORTS: Mapping[Sort, str] = {
    "updated": N_("Recently updated"),
    "created": N_("Newest"),
    "downloads": N_("Most downloaded"),
    "likes": N_("Most liked"),
}
FILTERS: Mapping[str, str] = {
    "task": N_("Task"),
    "library": N_("Library"),
    "license": N_("License"),
    "language": N_("Language"),
}
"""The filters of a list by their name in the query string."""

_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for; `owner` narrows to one account, `cursor` continues a list."""

    kind: Kind
    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: Sort = "updated"
    owner: str = ""
    cursor: str | None = None
    limit: int = 24


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """What 1,000 tokens cost, read and written."""

    prompt: Money
    completion: Money


@dataclass(frozen=True, slots=True)
class RepoCard:
    """A repository as it stands in a list.

    `address` is the path of its page; `price` is None where nothing is sold; `serving` tells whether it answers
    requests here.
    """

    kind: Kind
    owner: str
    name: str
    address: str
    updated_at: datetime
    downloads: int = 0
    likes: int = 0
    private: bool = False
    task: str | None = None
    license: str | None = None
    serving: bool = False
    price: TokenPrice | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a filter, and how many repositories have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with its commonest values; `name` is a key of FILTERS."""

    name: str
    values: Sequence[FacetValue]


class Catalog(Protocol):
    """Finds repositories that an actor may see; private ones of strangers do not exist."""

    def search(self, session: Session, *, actor: Actor, wish: Wish) -> Page[RepoCard]:
        """Return one page of what fits the wish."""
        ...

    def facets(self, session: Session, *, actor: Actor, wish: Wish) -> Sequence[Facet]:
        """Return the filters that can narrow the wish further."""
        ...


def wish_of(query: QueryParams, kind: Kind) -> Wish:
    """Read a wish from a query string; what is not understood is left out, since lists are linked from anywhere."""
    sort = query.get("sort", "")
    return Wish(
        kind=kind,
        text=query.get("q", "").strip()[:_LONGEST_TEXT],
        filters={name: query[name][:_LONGEST_TEXT] for name in FILTERS if query.get(name)},
        sort=next((known for known in SORTS if known == sort), "updated"),
        cursor=query.get("cursor") or None,
    )
