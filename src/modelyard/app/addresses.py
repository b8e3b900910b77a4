"""Put every face at its path: the hot wires first, the pages that take any name last."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute

from modelyard import portal
from modelyard.accounts import routes as accounts_routes
from modelyard.app.parts import Parts
from modelyard.hub import routes as hub_routes
from modelyard.infra.routes import build_ops_routes
from modelyard.web import build_kit, build_preferences
from modelyard.wire.hf import build_routes as build_hf
from modelyard.wire.lfs import build_routes as build_lfs
from modelyard.wire.openai import build_routes as build_openai


def place(app: FastAPI, parts: Parts) -> None:
    """Give the application all its routes, in the order in which they are tried."""
    app.router.routes.extend(_wires(parts))
    for router in (
        accounts_routes.build_router(parts.infra, parts.auth, parts.links, parts.passwords),
        hub_routes.build_router(parts.infra, parts.auth, parts.links),
    ):
        app.include_router(router)
    app.router.routes.extend(_pages(parts))


def _wires(parts: Parts) -> list[BaseRoute]:
    infra, auth, links = parts.infra, parts.auth, parts.links

    def is_admin(request: Request) -> bool:
        return auth.actor(request).admin

    return [
        *build_openai(parts.gateway, infra.catalogs, infra.clock),
        *build_ops_routes(parts.readiness, infra.metrics, is_admin),
        *build_lfs(infra, auth, links),
        *build_hf(infra, auth, links, parts.downloads),
    ]


def _pages(parts: Parts) -> list[BaseRoute]:
    infra, renderer = parts.infra, parts.renderer
    catalog = portal.HubCatalog(portal.ServedOffers(infra.clock))
    return [
        renderer.assets.route(),
        build_preferences(secure=parts.links.secure),
        *build_kit(renderer, infra.clock),
        *portal.build_pages(portal.Desk(renderer, infra.db, parts.auth.actor, catalog, parts.panels)),
    ]
