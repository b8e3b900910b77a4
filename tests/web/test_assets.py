import gzip
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from modelyard.web import Renderer
from modelyard.web.assets import Assets
from modelyard.web.render import PACKAGE

STATIC = PACKAGE / "web" / "static"


def test_a_file_is_kept_for_ever_under_the_digest_of_them_all(client: TestClient, renderer: Renderer) -> None:
    address = renderer.assets.url("css/tokens.css")
    answer = client.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.content == (STATIC / "css/tokens.css").read_bytes()
    assert answer.headers["content-encoding"] == "gzip"


def test_who_cannot_unpack_gets_it_plain(client: TestClient, renderer: Renderer) -> None:
    answer = client.get(renderer.assets.url("js/site.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.content == (STATIC / "js/site.js").read_bytes()


def test_an_old_page_still_gets_its_style_but_not_for_ever(client: TestClient) -> None:
    answer = client.get("/static/000000000000/css/tokens.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60")


@pytest.mark.parametrize("name", ["none.css", "../render.py", "css", "%2e%2e/render.py", "css/../../render.py"])
def test_nothing_outside_the_folder_is_served(client: TestClient, renderer: Renderer, name: str) -> None:
    answer = client.get(f"/static/{renderer.assets.digest}/{name}", follow_redirects=True)
    assert answer.status_code == 404


def test_any_change_changes_every_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    (tmp_path / "b.css").write_text("b")
    before = Assets(tmp_path).url("a.css")
    (tmp_path / "b.css").write_text("c")
    assert Assets(tmp_path).url("a.css") != before


def test_the_whole_look_costs_less_than_a_photograph() -> None:
    packed = sum(len(gzip.compress(path.read_bytes())) for path in STATIC.rglob("*") if path.is_file())
    assert packed < 24_000


def test_every_element_is_small() -> None:
    long = {path.name: lines for path in STATIC.rglob("*.js") if (lines := len(path.read_text().splitlines())) > 80}
    assert long == {}
