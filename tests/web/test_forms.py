from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from modelyard.kernel import N_
from modelyard.web import Flash, Form, Renderer, see_other
from tests.web.conftest import LIN, PUBLIC, Door, dressed

FROM_HERE = {"sec-fetch-site": "same-origin", "origin": PUBLIC}


@pytest.fixture
def client(app: FastAPI, renderer: Renderer) -> Iterator[TestClient]:
    def save(request: Request, form: Form) -> Response:
        if form.text("go"):
            return see_other("/_kit", Flash(N_("Next page"), "success"))
        upload = form.file("file")
        told = [form.text("name"), form.raw("name"), form.texts("tag"), form.flag("agree"), upload and upload.filename]
        return PlainTextResponse(repr(told))

    app.router.routes.append(Route("/save", renderer.posted(save), methods=["POST"]))
    with TestClient(dressed(app), base_url=PUBLIC, follow_redirects=False) as client:
        yield client


def test_fields_arrive_as_text(client: TestClient) -> None:
    fields = {"name": " Lin ", "tag": ["a", "b"], "agree": "1", "file": "not a file"}
    assert client.post("/save", data=fields, headers=FROM_HERE).text == "['Lin', ' Lin ', ['a', 'b'], True, None]"
    assert client.post("/save", data={}, headers=FROM_HERE).text == "['', '', [], False, None]"


def test_files_arrive_as_files(client: TestClient) -> None:
    sent = client.post("/save", files={"file": ("card.md", b"# hi"), "name": ("x.md", b"")}, headers=FROM_HERE)
    assert sent.text == "['', '', [], False, 'card.md']"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": PUBLIC}, 200),
        ({}, 200),
        ({"sec-fetch-site": "cross-site", "origin": PUBLIC}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example", "host": "evil.example"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/save", data={"name": "x"}, headers=headers).status_code == status


@pytest.mark.parametrize(("token", "status"), [("token-of-lin", 200), ("token-of-eve", 403), ("", 403), ("é", 403)])
def test_a_session_asks_for_its_token(client: TestClient, door: Door, token: str, status: int) -> None:
    door.viewer = LIN
    answer = client.post("/save", data={"csrf": token}, headers=FROM_HERE)
    assert answer.status_code == status
    assert (status == 200) or "foreign_form" in answer.text


def test_a_sentence_survives_the_redirect_and_is_shown_once(client: TestClient) -> None:
    answer = client.post("/save", data={"go": "1"}, headers=FROM_HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/_kit")
    shown = client.get("/_kit?lang=zh").text
    assert '<div class="alert success" role="status">' in shown.split("<h1>", maxsplit=1)[0]
    assert "下一页" in shown.split("<h1>", maxsplit=1)[0]
    assert "下一页" not in client.get("/_kit?lang=zh").text.split("<h1>", maxsplit=1)[0]


@pytest.mark.parametrize("cookie", ["%%%", "AAAA", "W10=", "WyJ4IiwgInkiLCB7fV0=", "x" * 4000, "InRleHQi", "MTI="])
def test_a_cookie_that_is_not_ours_shows_nothing(client: TestClient, cookie: str) -> None:
    page = client.get("/_kit", headers={"cookie": f"modelyard_flash={cookie}"})
    assert page.status_code == 200
    assert 'class="alert' not in page.text.split("<h1>", maxsplit=1)[0]


def test_the_kit_takes_its_form_back_with_the_error_at_its_field(client: TestClient) -> None:
    page = client.post("/_kit", data={"name": "acme"}, headers=FROM_HERE).text
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="f-name-hint f-name-error"' in page
    assert 'value="acme"' in page
