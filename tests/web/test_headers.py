import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from tests.web.conftest import PUBLIC, dressed


def echo(request: Request) -> Response:
    return JSONResponse(
        {
            "url": str(request.url),
            "client": request.client.host if request.client else None,
            "request_id": request.state.request_id,
        }
    )


def page(request: Request) -> Response:
    return HTMLResponse(f"<p>{request.state.nonce}</p>")


def readme(request: Request) -> Response:
    return HTMLResponse("<p>", headers={"content-security-policy": "sandbox"})


def named(request: Request) -> Response:
    return JSONResponse({}, headers={"x-request-id": "named-by-the-wire"})


ROUTES = [
    Route("/named", named),
    Route("/echo", echo),
    Route("/page", page),
    Route("/readme", readme),
    Mount("/folder", routes=[Route("/", echo)]),
]


def client(*proxies: str, peer: str = "203.0.113.9") -> TestClient:
    app = dressed(Starlette(routes=ROUTES), *proxies)
    return TestClient(app, base_url=PUBLIC, client=(peer, 4000), follow_redirects=False)


def policy(response: Response) -> dict[str, str]:
    parts = response.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_pages_allow_scripts_and_styles_only_by_nonce() -> None:
    answer = client().get("/page")
    nonce = re.search(r"<p>(.*)</p>", answer.text)
    assert nonce
    rules = policy(answer)
    assert rules["script-src"] == rules["style-src"] == f"'nonce-{nonce[1]}'"
    assert (rules["default-src"], rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'", "'none'")
    assert "unsafe" not in str(rules)


def test_a_nonce_serves_once() -> None:
    visitor = client()
    assert visitor.get("/page").text != visitor.get("/page").text


def test_every_script_and_stylesheet_of_a_page_carries_its_nonce(client: TestClient) -> None:
    html = client.get("/_kit")
    loaded = re.findall(r'<(?:script|link rel="stylesheet")[^>]*>', html.text)
    assert len(loaded) > 3
    assert all(f'nonce="{policy(html)["script-src"][7:-1]}"' in tag for tag in loaded)
    assert "<style" not in html.text
    assert re.search(r"\s(?:style|on\w+)=", html.text) is None


def test_a_page_is_harmless_beyond_its_scripts() -> None:
    headers = client().get("/page").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_what_is_no_page_pays_for_nothing_but_what_it_needs() -> None:
    assert set(client().get("/echo").headers) == {
        "content-length",
        "content-type",
        "x-content-type-options",
        "x-request-id",
    }


def test_a_route_may_set_a_stricter_policy_of_its_own() -> None:
    assert client().get("/readme").headers["content-security-policy"] == "sandbox"


def test_a_forged_host_decides_nothing() -> None:
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
    assert client().get("/echo", headers=forged).json()["url"] == "https://hub.example.org/echo"
    redirect = client().get("/folder", headers=forged)
    assert redirect.headers["location"] == "https://hub.example.org/folder/"


def test_a_stranger_cannot_choose_address_or_request_id() -> None:
    claims = {"x-forwarded-for": "10.0.0.1", "x-request-id": "chosen-by-me"}
    answer = client().get("/echo", headers=claims).json()
    assert answer["client"] == "203.0.113.9"
    assert answer["request_id"].startswith("req_")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("invented, 198.51.100.7", "198.51.100.7"),
    ],
)
def test_a_trusted_proxy_is_believed_up_to_the_first_stranger(forwarded: str, expected: str) -> None:
    behind = client("10.0.0.0/8", peer="10.0.0.2")
    claims = {"x-forwarded-for": forwarded, "x-request-id": "from-the-proxy-1"}
    answer = behind.get("/echo", headers=claims)
    assert answer.json()["client"] == expected
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "from-the-proxy-1"


@pytest.mark.parametrize("wish", ["short", "x" * 65, "spaces are out", 'quote"quote'])
def test_a_request_id_that_could_break_a_log_line_is_replaced(wish: str) -> None:
    behind = client("10.0.0.0/8", peer="10.0.0.2")
    assert behind.get("/echo", headers={"x-request-id": wish}).headers["x-request-id"].startswith("req_")


def test_a_wire_may_name_its_requests_itself() -> None:
    assert client().get("/named").headers.get_list("x-request-id") == ["named-by-the-wire"]


def test_what_is_not_http_passes_untouched() -> None:
    with client() as running:  # the lifespan goes through
        assert running.get("/echo").status_code == 200
