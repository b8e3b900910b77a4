"""A small application that is all grammar: the kit, failures, forms, and the layer around them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import count

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from modelyard.infra import Catalogs
from modelyard.kernel import N_, ManualClock
from modelyard.web import (
    VISITOR,
    Edge,
    Links,
    NavItem,
    Problems,
    Renderer,
    SecureHeaders,
    Site,
    Viewer,
    build_kit,
    build_preferences,
)

PUBLIC = "https://hub.example.org"
LIN = Viewer("lin", "Lin Wei", csrf="token-of-lin")


@dataclass
class Door:
    """Says who comes in: whoever was put here."""

    viewer: Viewer = VISITOR
    asked: int = 0
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Viewer:
        self.asked += 1
        return self.viewer


@pytest.fixture(scope="session")
def catalogs() -> Catalogs:
    return Catalogs.load()


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def renderer(catalogs: Catalogs, clock: ManualClock, door: Door) -> Renderer:
    site = Site(Links(PUBLIC), nav=(NavItem("/models", N_("Models")),), menu=(NavItem("/new", N_("New model")),))
    return Renderer(site, translator=catalogs, clock=clock, viewer_of=door)


@pytest.fixture
def app(renderer: Renderer, clock: ManualClock) -> FastAPI:
    routes = [renderer.assets.route(), build_preferences(secure=True), *build_kit(renderer, clock)]
    app = FastAPI(routes=routes)
    Problems(renderer).install(app)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(dressed(app), base_url=PUBLIC, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def dressed(app: ASGIApp, *proxies: str) -> SecureHeaders:
    """Return the application as it stands behind its outermost layer."""
    numbers = count(1)
    trusted = [ip_network(each) for each in proxies]
    return SecureHeaders(app, Edge(Links(PUBLIC), trusted, lambda prefix: f"{prefix}_{next(numbers):08}"))


@pytest.fixture
def request_of() -> "type[RequestOf]":
    return RequestOf


class RequestOf:
    """Requests without a server: `RequestOf.path("/models?q=a", cookie="a=b")`."""

    @staticmethod
    def path(target: str, **headers: str) -> Request:
        path, _, query = target.partition("?")
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": path,
                "query_string": query.encode(),
                "headers": named,
                "state": {},
                "scheme": "https",
                "server": ("hub.example.org", 443),
            }
        )
