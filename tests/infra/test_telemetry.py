"""Log lines and numbers: complete, in the right shape, without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from modelyard.infra import Database, Infra, jobs
from modelyard.infra.gauges import watch_queues
from modelyard.infra.telemetry import Metrics, RequestTelemetry, configure_logging
from modelyard.kernel import ManualClock
from tests.infra.test_jobs import Index


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Whatever a test configures, the next one finds what was there before."""
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**settings)


@pytest.fixture
def lines(restored_logging: None) -> io.StringIO:
    stream = io.StringIO()
    configure_logging("json", "info", stream=stream)
    return stream


def documents(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_document(lines: io.StringIO) -> None:
    structlog.get_logger("modelyard.test").info("job.done", job="job_1", line="two\nlines", name="模型")
    (document,) = documents(lines)
    assert document["event"] == "job.done"
    assert document["job"] == "job_1"
    assert document["line"] == "two\nlines"
    assert document["level"] == "info"
    assert document["logger"] == "modelyard.test"
    assert str(document["timestamp"]).endswith("Z")
    assert "模型" in lines.getvalue()


def test_the_standard_librarys_loggers_take_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started on %s", "here", extra={"color_message": "colors"})
    (document,) = documents(lines)
    assert (document["event"], document["logger"]) == ("Started on here", "uvicorn.error")
    assert "color_message" not in document


def test_an_exception_is_part_of_its_line(lines: io.StringIO) -> None:
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")
    (document,) = documents(lines)
    assert "ZeroDivisionError" in str(document["exception"])


@pytest.mark.parametrize("field", ["password", "authorization", "api_key", "apikey", "set_cookie", "token", "secret"])
def test_secret_fields_are_blotted_out(lines: io.StringIO, field: str) -> None:
    structlog.get_logger().warning("said", **{field: "abcdefghijkl"})
    assert "abcdefghijkl" not in lines.getvalue()


def test_credentials_inside_text_are_blotted_out(lines: io.StringIO) -> None:
    logging.getLogger("x").warning("sent Authorization: Bearer abcdefghijkl to nobody")
    assert "abcdefghijkl" not in lines.getvalue()
    assert "to nobody" in lines.getvalue()


def test_counts_of_tokens_are_no_secret(lines: io.StringIO) -> None:
    structlog.get_logger().warning("said", prompt_tokens=17)
    assert documents(lines)[0]["prompt_tokens"] == 17


def test_lines_below_the_level_are_not_written(lines: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("x").debug("quiet")
    logging.getLogger("httpx2").info("GET /token")
    assert lines.getvalue() == ""


def test_the_console_form_is_for_people(restored_logging: None) -> None:
    stream = io.StringIO()
    configure_logging("console", "debug", stream=stream)
    structlog.get_logger().info("job.done", job="job_1", password="hidden")
    assert "job.done" in stream.getvalue()
    assert "job=job_1" in stream.getvalue()
    assert "hidden" not in stream.getvalue()


def application(metrics: Metrics) -> TestClient:
    def good(request: Request) -> PlainTextResponse:
        return PlainTextResponse("good")

    def broken(request: Request) -> PlainTextResponse:
        raise RuntimeError("broken")

    routes = [
        Route("/models/{name}/file/{path:path}", good),
        Route("/broken", broken),
        Mount("/inner", routes=[Route("/{name}", good)]),
    ]
    app = RequestTelemetry(Starlette(routes=routes), metrics)
    return TestClient(app, raise_server_exceptions=False)


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == name
    }


def test_requests_are_counted_by_the_template_of_their_route() -> None:
    metrics = Metrics()
    client = application(metrics)
    client.get("/models/a/file/x/y")
    client.get("/models/b/file/z")
    client.get("/inner/a")
    client.get("/nowhere/at/all")
    client.request("BREW", "/broken")
    counts = samples(metrics, "modelyard_request_seconds_count")
    assert counts[("GET", "/models/{name}/file/{path}", "200")] == 2
    assert counts[("GET", "none", "404")] == 1
    assert not any("nowhere" in label or "BREW" in label for labels in counts for label in labels)


def test_a_router_that_does_not_tell_its_route_is_asked_for_its_routes() -> None:
    def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    app = FastAPI()
    app.router.routes.extend([Route("/models/{name}", page), Route("/datasets/{name}", page)])

    @app.get("/api/{name}")
    def api(name: str) -> str:
        return name

    metrics = Metrics()
    client = TestClient(RequestTelemetry(app, metrics, app.routes))
    for path in ("/models/a", "/datasets/a", "/datasets/b", "/api/a", "/nowhere"):
        client.get(path)
    assert samples(metrics, "modelyard_request_seconds_count") == {
        ("GET", "/models/{name}", "200"): 1.0,
        ("GET", "/datasets/{name}", "200"): 2.0,
        ("GET", "/api/{name}", "200"): 1.0,
        ("GET", "none", "404"): 1.0,
    }


def test_a_request_that_breaks_is_counted_and_logged(lines: io.StringIO) -> None:
    metrics = Metrics()
    application(metrics).get("/broken")
    assert samples(metrics, "modelyard_request_seconds_count") == {("GET", "/broken", "500"): 1.0}
    assert any(line["event"] == "request" and line["status"] == 500 for line in documents(lines))


def test_numbers_are_in_prometheus_text_format() -> None:
    metrics = Metrics()
    metrics.batch(17, 0.004)
    metrics.counter("modelyard_test_things", "Things.", ["kind"]).labels("good").inc()
    metrics.histogram("modelyard_test_seconds", "Times.").observe(0.5)
    text = metrics.text().decode()
    assert 'modelyard_test_things_total{kind="good"} 1.0' in text
    assert 'modelyard_writer_batch_items_bucket{le="32.0"} 1.0' in text
    assert "modelyard_writer_commit_seconds_count 1.0" in text
    assert "modelyard_test_seconds_sum 0.5" in text
    assert "process_resident_memory_bytes" in text


def test_two_servers_in_one_process_have_their_own_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.request("GET", "/", 200, 0.1)
    assert samples(second, "modelyard_request_seconds_count") == {}


def test_the_writers_batches_are_counted(infra: Infra) -> None:
    infra.writer.submit(lambda statements: statements.one("SELECT 1")).result(10)
    infra.writer.close()
    assert sum(samples(infra.metrics, "modelyard_writer_batch_items_count").values()) >= 1


def test_queues_are_read_when_the_numbers_are(database: Database, clock: ManualClock) -> None:
    metrics = Metrics()
    watch_queues(metrics, database)
    assert samples(metrics, "modelyard_jobs") == {}
    with database.unit() as session:
        jobs.enqueue(session, Index("r"), clock=clock)
    assert samples(metrics, "modelyard_jobs") == {("test.index", "ready"): 1.0}
    assert samples(metrics, "modelyard_outbox_deliveries") == {}
