"""Repositories under /api/v1."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from modelyard.accounts.http import Authenticator
from modelyard.hub.routes import build_router
from modelyard.infra import Infra
from modelyard.web import Links, Problems, Renderer, Site
from tests.hub.conftest import make_user
from tests.hub.test_pages import token_of

ONE = "/api/v1/repositories/model/ada/tiny"


@pytest.fixture
def api(sqlite_infra: Infra) -> Iterator[TestClient]:
    infra, links = sqlite_infra, Links("http://testserver")
    auth = Authenticator(infra, links)
    app = FastAPI()
    app.include_router(build_router(infra, auth, links))
    Problems(Renderer(Site(links), translator=infra.catalogs, clock=infra.clock, viewer_of=auth.viewer)).install(app)
    with TestClient(app) as client:
        yield client


def header(infra: Infra, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(infra, make_user(infra, name))}"}


def test_the_life_of_a_repository(api: TestClient, sqlite_infra: Infra) -> None:
    ada, eve = header(sqlite_infra, "ada"), header(sqlite_infra, "eve")
    made = api.post("/api/v1/repositories", json={"name": "tiny"}, headers=ada)
    assert made.status_code == 201
    assert made.json()["url"] == "http://testserver/ada/tiny"
    assert api.post("/api/v1/repositories", json={"name": "tiny"}, headers=ada).status_code == 409
    assert api.get(ONE).json() == made.json()
    assert [item["name"] for item in api.get("/api/v1/repositories").json()["items"]] == ["tiny"]
    assert api.patch(ONE, json={"visibility": "private"}, headers=eve).status_code == 403
    assert api.patch(ONE, json={"visibility": "private"}, headers=ada).json()["visibility"] == "private"
    assert api.get(ONE, headers=eve).json()["code"] == "repo_not_found"
    assert api.get("/api/v1/repositories", headers=eve).json() == {"items": [], "next": None}
    assert api.delete(ONE, headers=eve).status_code == 404
    assert api.delete(ONE, headers=ada).status_code == 204
    assert api.get(ONE, headers=ada).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"name": "a b"}, 422), ({"name": "x", "kind": "y"}, 422), ({"name": "x", "namespace": "no"}, 404)],
)
def test_bad_input_is_a_problem(api: TestClient, sqlite_infra: Infra, body: dict[str, str], status: int) -> None:
    response = api.post("/api/v1/repositories", json=body, headers=header(sqlite_infra, "ada"))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert api.post("/api/v1/repositories", json={"name": "x"}).status_code == 401
