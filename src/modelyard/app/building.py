"""Construct the parts of a server and plug them into each other."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

import structlog
from fastapi import FastAPI
from starlette.routing import Router
from starlette.types import ASGIApp

from modelyard.accounts import Passwords
from modelyard.accounts.http import Authenticator
from modelyard.app import addresses
from modelyard.app.background import background_of
from modelyard.app.joints import HubRepositories
from modelyard.app.life import lifespan
from modelyard.app.parts import Parts
from modelyard.hub import DownloadCounter
from modelyard.infra import Infra, Settings, mint, open_infra
from modelyard.infra.gauges import watch_queues
from modelyard.infra.health import Readiness
from modelyard.infra.telemetry import RequestTelemetry, configure_logging
from modelyard.kernel import Clock
from modelyard.metering import Books, Counter, Keeper, watch
from modelyard.portal import FOOT, MENU, NAV
from modelyard.serving.engines import Engine, LlamaCpp
from modelyard.serving.gateway import Gateway
from modelyard.serving.runtime import Runtime
from modelyard.web import Edge, Links, Problems, Renderer, SecureHeaders, Site
from modelyard.web.bodies import BodyLimit
from modelyard.wire.hf import PREFIXES as HUB_PREFIXES
from modelyard.wire.hf import face as hub_face
from modelyard.wire.openai import face as openai_face


def build_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    engines: Mapping[str, Engine] | None = None,
    migrated: bool = False,
) -> ASGIApp:
    """Open everything that the settings name and return the application that serves it.

    Its lifespan starts the background work, and closes all of it at the end. `engines` replaces the engines by name;
    `migrated` says that the database is at this release's schema already.
    """
    if not structlog.is_configured():  # whoever embeds the server would else log locals, and with them tokens
        configure_logging(settings.log_format, settings.log_level)
    opened = ExitStack()
    infra = opened.enter_context(open_infra(settings, clock=clock, migrated=migrated))
    watch_queues(infra.metrics, infra.db)
    parts = _parts(infra, engines or {"llamacpp": LlamaCpp()})
    watch(infra.metrics, infra.db, parts.keeper, parts.books)
    app = FastAPI(title="Modelyard", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    addresses.place(app, parts)
    faces = {"/v1/": openai_face, **dict.fromkeys(HUB_PREFIXES, hub_face)}
    Problems(parts.renderer, faces=faces).install(app)
    # FastAPI's own layers cost more than a hold and its settlement, so the hot wire does not pass through them.
    front = Router(addresses.hot(parts), default=BodyLimit(app), lifespan=lifespan(background_of(parts, opened)))
    edge = Edge(parts.links, settings.trusted_proxies, partial(mint, clock=infra.clock))
    return SecureHeaders(RequestTelemetry(front, infra.metrics, app.routes), edge)


def _parts(infra: Infra, engines: Mapping[str, Engine]) -> Parts:
    links = Links(infra.settings.origin)
    auth = Authenticator(infra, links)
    site = Site(links, nav=NAV, menu=MENU, foot=FOOT)
    repositories = HubRepositories(infra.blobs)
    keeper = Keeper(infra.writer, infra.clock, alone=infra.db.is_sqlite)
    runtime = Runtime(infra, repositories, engines=engines)
    return Parts(
        infra=infra,
        readiness=Readiness.of(infra),
        links=links,
        auth=auth,
        passwords=Passwords(),
        renderer=Renderer(site, translator=infra.catalogs, clock=infra.clock, viewer_of=auth.viewer),
        repositories=repositories,
        keeper=keeper,
        books=Books(infra.db, infra.clock),
        runtime=runtime,
        gateway=Gateway(infra, Counter(infra.writer, infra.clock, keeper.process), runtime, repositories),
        downloads=DownloadCounter(infra.writer, infra.clock),
    )
