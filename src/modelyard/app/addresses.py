"""Put every face at its path: the hot wires first, the pages that take any name last."""

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.routing import BaseRoute

from modelyard import portal
from modelyard.accounts import pages as accounts_pages
from modelyard.accounts import routes as accounts_routes
from modelyard.app.joints import ServedProducts
from modelyard.app.parts import Parts
from modelyard.billing import pages as billing_pages
from modelyard.billing import routes as billing_routes
from modelyard.hub import pages as hub_pages
from modelyard.hub import routes as hub_routes
from modelyard.infra.routes import build_ops_routes
from modelyard.metering import routes as metering_routes
from modelyard.pricing import pages as pricing_pages
from modelyard.pricing import routes as pricing_routes
from modelyard.serving import pages as serving_pages
from modelyard.serving import routes as serving_routes
from modelyard.web import build_kit, build_preferences
from modelyard.wire.hf import build_routes as build_hf
from modelyard.wire.lfs import build_routes as build_lfs
from modelyard.wire.openai import build_routes as build_openai

_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="An access token: Authorization: Bearer my_...")
"""Only tells readers of the OpenAPI document how to sign in; who it is, and what they may do, each verb asks itself."""


def place(app: FastAPI, parts: Parts) -> None:
    """Give the application all its routes, in the order in which they are tried."""
    infra, auth, links = parts.infra, parts.auth, parts.links
    app.router.routes.extend(_wires(parts))
    for router in (
        accounts_routes.build_router(infra, auth, links, parts.passwords),
        hub_routes.build_router(infra, auth, links),
        serving_routes.build_router(infra, auth, parts.repositories, parts.runtime),
        pricing_routes.build_router(infra, auth, ServedProducts(parts.repositories)),
        metering_routes.build_router(infra, auth),
        billing_routes.build_router(infra, auth),
    ):
        app.include_router(router, dependencies=[Depends(_TOKEN)])
    app.router.routes.extend(_pages(parts))


def hot(parts: Parts) -> list[BaseRoute]:
    """Return the routes that are tried before the framework is entered: those where every microsecond is paid often."""
    return build_openai(parts.gateway, parts.infra.catalogs, parts.infra.clock, parts.auth)


def _wires(parts: Parts) -> list[BaseRoute]:
    infra, auth, links = parts.infra, parts.auth, parts.links

    def is_admin(request: Request) -> bool:
        return auth.actor(request).admin

    return [
        *build_ops_routes(parts.readiness, infra.metrics, is_admin),
        *build_lfs(infra, auth, links),
        *build_hf(infra, auth, links, parts.downloads),
    ]


def _pages(parts: Parts) -> list[BaseRoute]:
    """Return the pages; the hub's take any two words of an address, and the portal's any one, so they are last."""
    infra, auth, renderer = parts.infra, parts.auth, parts.renderer
    serving = serving_pages.Desk(infra, auth, renderer, parts.repositories, parts.runtime, parts.gateway)
    for panel in serving_pages.build_panels(serving):
        parts.panels.add(panel)
    products = ServedProducts(parts.repositories)
    catalog = portal.HubCatalog(portal.ServedOffers(infra.clock))
    return [
        renderer.assets.route(),
        build_preferences(secure=parts.links.secure),
        *build_kit(renderer, infra.clock),
        *accounts_pages.build_pages(
            renderer,
            infra,
            auth,
            parts.passwords,
            settings=(billing_pages.SETTINGS,),
            administration=(billing_pages.ADMINISTRATION,),
        ),
        *pricing_pages.build_pages(renderer, infra, auth, products),
        *billing_pages.build_pages(renderer, infra, auth, products),
        *serving_pages.build_pages(serving),
        *hub_pages.build_pages(hub_pages.Desk(infra, auth, renderer, parts.panels)),
        *portal.build_pages(portal.Desk(renderer, infra.db, auth.actor, catalog, parts.panels)),
    ]
