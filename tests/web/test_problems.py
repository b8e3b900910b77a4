import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from modelyard.kernel import DomainError, InvalidInput, Kind, Unavailable
from modelyard.web import STATUS, Problem, Problems, Renderer
from tests.web.conftest import LIN, PUBLIC, Door, dressed


class Order(BaseModel):
    amount: int = Field(ge=1)


class Slow(DomainError):
    code = "too_fast"
    kind = Kind.RATE
    sentence = "Too many requests."
    hint = "Wait {retry_after} seconds."


class Locked(DomainError):
    code = "locked"
    kind = Kind.UNAUTHENTICATED
    sentence = "Sign in first."
    hint = "Bring a token."


@pytest.fixture
def failing(app: FastAPI) -> FastAPI:
    @app.post("/api/v1/orders")
    def order(order: Order) -> None: ...

    @app.get("/api/v1/fail/{name}")
    @app.get("/fail/{name}")
    def fail(name: str) -> None:
        raise {
            "input": InvalidInput(field="price", name="price", reason="<b>negative</b>"),
            "rate": Slow(retry_after=7),
            "locked": Locked(),
            "half": InvalidInput(field="name", name="\ud800", reason="odd"),
            "away": Unavailable(part="engine", reason="it sleeps"),
            "bug": ZeroDivisionError("secret detail"),
        }[name]

    return app


@pytest.fixture
def client(failing: FastAPI) -> TestClient:
    return TestClient(dressed(failing), base_url=PUBLIC, raise_server_exceptions=False)


def test_every_kind_has_a_status() -> None:
    assert set(STATUS) == set(Kind)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_programs_get_problem_json(client: TestClient) -> None:
    answer = client.get("/api/v1/fail/input")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:modelyard:problem:invalid_input",
        "title": "Unprocessable Content" if "Content" in answer.json()["title"] else "Unprocessable Entity",
        "status": 422,
        "detail": "price is not valid: <b>negative</b>",
        "code": "invalid_input",
        "hint": "Correct the field and send the request again.",
        "field": "price",
        "data": {"name": "price", "reason": "<b>negative</b>"},
        "request_id": answer.headers["x-request-id"],
    }


def test_half_a_surrogate_pair_is_told_as_it_was_sent(client: TestClient) -> None:
    answer = client.get("/api/v1/fail/half")
    assert answer.status_code == 422
    assert answer.json()["data"]["name"] == "\ud800"


def test_people_get_a_page_that_says_the_same(client: TestClient) -> None:
    answer = client.get("/fail/input")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "price is not valid: &lt;b&gt;negative&lt;/b&gt;" in answer.text
    assert "Correct the field and send the request again." in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_both_speak_the_readers_language(client: TestClient) -> None:
    chinese = {"accept-language": "zh"}
    assert client.get("/api/v1/fail/away", headers=chinese).json()["detail"] == "engine 暂不可用：it sleeps"
    assert "engine 暂不可用" in client.get("/fail/away", headers=chinese).text


@pytest.mark.parametrize(
    ("body", "name"), [({"amount": 0}, "amount"), ({}, "amount"), ({"amount": "x"}, "amount"), ([], "body")]
)
def test_bad_input_names_the_field(client: TestClient, body: object, name: str) -> None:
    problem = client.post("/api/v1/orders", json=body).json()
    assert (problem["code"], problem["field"], problem["status"]) == ("invalid_input", name, 422)


def test_a_body_that_is_not_json_is_a_problem_too(client: TestClient) -> None:
    answer = client.post("/api/v1/orders", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing"])
def test_an_unknown_address_is_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "page_not_found" in answer.text


def test_a_wrong_method_says_which_are_right(client: TestClient) -> None:
    answer = client.delete("/api/v1/orders")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method_not_allowed", "POST")


def test_a_bug_says_nothing_of_its_insides(client: TestClient) -> None:
    for path in ("/api/v1/fail/bug", "/fail/bug"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "internal_error" in answer.text
        assert answer.headers["x-request-id"] in answer.text


def test_a_rate_limit_says_when_to_come_back(client: TestClient) -> None:
    answer = client.get("/api/v1/fail/rate")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["hint"] == "Wait 7 seconds."


def test_only_programs_are_challenged(client: TestClient) -> None:
    assert client.get("/api/v1/fail/locked").headers["www-authenticate"] == 'Bearer realm="modelyard"'
    page = client.get("/fail/locked")
    assert page.status_code == 401
    assert "www-authenticate" not in page.headers
    assert 'href="/login?next=/fail/locked"' in page.text


def test_who_is_signed_in_is_not_sent_to_sign_in(client: TestClient, door: Door) -> None:
    door.viewer = LIN
    assert "/login" not in client.get("/fail/locked").text


def test_the_page_appears_even_when_nobody_can_be_asked_who_looks(
    client: TestClient, door: Door, renderer: Renderer
) -> None:
    def broken(request: Request) -> None:
        raise RuntimeError("the database is away")

    renderer._viewer_of = broken  # type: ignore[assignment]  # as if the store failed
    answer = client.get("/nothing")
    assert answer.status_code == 500
    assert "internal_error" in answer.text


def test_a_wire_brings_its_own_face(renderer: Renderer, failing: FastAPI) -> None:
    def face(request: Request, problem: Problem) -> Response:
        return PlainTextResponse(f"wire says {problem.code}", problem.status)

    Problems(renderer, faces={"/fail/": face}).install(failing)
    with TestClient(dressed(failing), base_url=PUBLIC, raise_server_exceptions=False) as client:
        assert client.get("/fail/away").text == "wire says unavailable"
        assert client.get("/api/v1/fail/away").json()["code"] == "unavailable"
