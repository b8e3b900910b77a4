"""What load balancers and Prometheus see."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from modelyard.infra import Infra
from modelyard.infra.health import Answer, Readiness
from modelyard.infra.routes import build_ops_routes


@pytest.fixture
def readiness(infra: Infra) -> Readiness:
    return Readiness.of(infra)


@pytest.fixture
def client(infra: Infra, readiness: Readiness) -> Iterator[TestClient]:
    routes = build_ops_routes(readiness, infra.metrics, lambda request: request.headers.get("authorization") == "admin")
    with TestClient(Starlette(routes=routes), client=("127.0.0.1", 5000)) as opened:
        yield opened


def test_a_server_in_order_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").text == "ok\n"
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert set(ready.json()["parts"]) == {"database", "migrations", "writer", "disk"}
    assert ready.headers["cache-control"] == "no-store"


def test_a_stopped_writer_is_not_ready_but_live(client: TestClient, infra: Infra) -> None:
    infra.writer.close()
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["writer"] == {"ready": False, "detail": "it has stopped"}
    assert client.get("/health/live").status_code == 200


def test_a_database_of_another_release_is_not_ready(client: TestClient, infra: Infra) -> None:
    with infra.db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert client.get("/health/ready").json()["parts"]["migrations"]["ready"] is False


def test_a_question_that_raises_is_answered_with_no_and_tells_no_secret(
    client: TestClient, readiness: Readiness
) -> None:
    def broken() -> Answer:
        raise RuntimeError("postgresql://user:secret@host")

    readiness.ask("engine", broken)
    ready = client.get("/health/ready")
    assert ready.json()["parts"]["engine"] == {"ready": False, "detail": "RuntimeError"}
    assert "secret" not in ready.text


def test_numbers_are_for_this_machine(client: TestClient) -> None:
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "modelyard_writer_batch_items" in reply.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_numbers_are_not_for_those_behind_a_proxy_on_this_machine(client: TestClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "testclient"])
def test_numbers_are_for_administrators_elsewhere(infra: Infra, readiness: Readiness, address: str) -> None:
    routes = build_ops_routes(readiness, infra.metrics, lambda request: request.headers.get("authorization") == "admin")
    with TestClient(Starlette(routes=routes), client=(address, 5000)) as far:
        assert far.get("/metrics").status_code == 403
        assert far.get("/metrics", headers={"Authorization": "admin"}).status_code == 200
