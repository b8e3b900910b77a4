"""The faces: home, lists, search, profiles."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from modelyard import accounts
from modelyard.accounts import Account, AccountNotFound, Actor
from modelyard.infra import Database
from modelyard.kernel import N_, Page
from modelyard.portal.catalog import FILTERS, SORTS, Catalog, Kind, RepoCard, Wish, wish_of
from modelyard.web import NavItem, PanelRegistry, Renderer

NAV = (NavItem("/models", N_("Models")), NavItem("/datasets", N_("Datasets")))
MENU = (
    NavItem("/new", N_("New model")),
    NavItem("/deployments", N_("Deployments")),
    NavItem("/settings/profile", N_("Settings")),
    NavItem("/settings/tokens", N_("Access tokens")),
    NavItem("/settings/billing", N_("Billing")),
)
FOOT = (NavItem("/_kit", N_("Design kit")),)
_AT_HOME = 8
_IN_SEARCH = 6


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need: who asks, where to look, and what other rooms have to add."""

    renderer: Renderer
    db: Database
    actor_of: Callable[[Request], Actor]
    catalog: Catalog
    panels: PanelRegistry


def build_pages(desk: Desk) -> list[Route]:
    """Return the routes; `/{name}` takes any single word, so they must come after all others."""
    return [
        Route("/", lambda request: home(desk, request)),
        Route("/models", lambda request: listing(desk, request, "model")),
        Route("/datasets", lambda request: listing(desk, request, "dataset")),
        Route("/search", lambda request: search(desk, request)),
        Route("/{name}", lambda request: profile(desk, request)),
    ]


def home(desk: Desk, request: Request) -> Response:
    """Show visitors what this is and what is public; show people what is theirs."""
    actor = desk.actor_of(request)
    wish = Wish("model", owner=actor.name, limit=_AT_HOME)
    with desk.db.reader() as session:
        models = desk.catalog.search(session, actor=actor, wish=wish)
        organizations = accounts.memberships(session, actor.account) if actor.account else []
    if actor.account is None:
        return desk.renderer.page(request, "portal/welcome.html", models=models.items)
    return desk.renderer.page(
        request,
        "portal/home.html",
        models=models.items,
        organizations=organizations,
        main=desk.panels.render("home.main", request, actor),
        side=desk.panels.render("home.side", request, actor),
    )


def listing(desk: Desk, request: Request, kind: Kind) -> Response:
    """Show the repositories of one kind, with the filters and the order that the address names."""
    actor, wish = desk.actor_of(request), wish_of(request.query_params, kind)
    with desk.db.reader() as session:
        found = desk.catalog.search(session, actor=actor, wish=wish)
        facets = desk.catalog.facets(session, actor=actor, wish=wish)
    return desk.renderer.page(
        request, "portal/list.html", wish=wish, found=found, facets=facets, filters=FILTERS, sorts=SORTS
    )


def search(desk: Desk, request: Request) -> Response:
    """Show models, datasets and the account that a few words find."""
    actor, wish = desk.actor_of(request), replace(wish_of(request.query_params, "model"), filters={}, limit=_IN_SEARCH)
    found: dict[str, Page[RepoCard]] = {}
    account: Account | None = None
    if wish.text:
        with desk.db.reader() as session:
            found["model"] = desk.catalog.search(session, actor=actor, wish=wish)
            found["dataset"] = desk.catalog.search(session, actor=actor, wish=replace(wish, kind="dataset"))
            account = _account(session, wish.text)
    return desk.renderer.page(request, "portal/search.html", text=wish.text, found=found, account=account)


def profile(desk: Desk, request: Request) -> Response:
    """Show what a person or organization has published; a name in other letters' case leads to its own address."""
    actor, name = desk.actor_of(request), request.path_params["name"]
    with desk.db.reader() as session:
        account = _account(session, name)
        if account is None:
            raise AccountNotFound(name=name[:100])
        if account.name != name:
            return RedirectResponse(f"/{account.name}", status_code=301)
        wish = replace(wish_of(request.query_params, "model"), owner=account.name)
        models = desk.catalog.search(session, actor=actor, wish=wish)
        datasets = desk.catalog.search(session, actor=actor, wish=replace(wish, kind="dataset"))
    return desk.renderer.page(
        request,
        "portal/profile.html",
        account=account,
        models=models,
        datasets=datasets,
        main=desk.panels.render("profile.main", request, account),
        side=desk.panels.render("profile.side", request, account),
    )


def _account(session: Session, name: str) -> Account | None:
    """Return the account of that name; a text that no name can be is not asked for."""
    try:
        return accounts.find_account(session, name) if accounts.name_well_formed(name) else None
    except AccountNotFound:
        return None
