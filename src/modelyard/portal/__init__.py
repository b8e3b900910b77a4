"""Pages that join rooms: home, the lists of models and datasets, search, the page of a person or organization.

It owns no data and decides nothing: it asks a `Catalog` (`HubCatalog` in the product), looks up accounts, and lets
rooms fill the places `home.main`, `home.side`, `profile.main` and `profile.side` with panels. The lists are links and
GET forms, so that each view of them has an address.
"""

from modelyard.portal.catalog import Catalog, Facet, FacetValue, RepoCard, TokenPrice, Wish
from modelyard.portal.hub_catalog import HubCatalog, Offers
from modelyard.portal.offers import ServedOffers
from modelyard.portal.pages import FOOT, MENU, NAV, Desk, build_pages

__all__ = [
    "FOOT",
    "MENU",
    "NAV",
    "Catalog",
    "Desk",
    "Facet",
    "FacetValue",
    "HubCatalog",
    "Offers",
    "RepoCard",
    "ServedOffers",
    "TokenPrice",
    "Wish",
    "build_pages",
]
