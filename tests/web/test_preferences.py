import pytest
from starlette.testclient import TestClient


def test_the_switches_keep_their_choice_and_go_back(client: TestClient) -> None:
    answer = client.post("/settings/appearance", data={"language": "zh", "next": "/_kit?a=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/_kit?a=1")
    assert "Secure" in answer.headers["set-cookie"]
    assert 'lang="zh-Hans"' in client.get("/_kit").text
    client.post("/settings/appearance", data={"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/_kit").text
    client.post("/settings/appearance", data={"theme": ""})
    assert "data-theme=" not in client.get("/_kit").text


@pytest.mark.parametrize("wish", ["fr", "zh\r\nx: y", "../../x"])
def test_an_unknown_wish_changes_nothing(client: TestClient, wish: str) -> None:
    assert "set-cookie" not in client.post("/settings/appearance", data={"language": wish, "theme": wish}).headers


def test_a_hostile_theme_cookie_is_ignored(client: TestClient) -> None:
    page = client.get("/_kit", headers={"cookie": 'modelyard_theme="><script>'})
    assert "data-theme=" not in page.text


def test_it_never_sends_people_elsewhere(client: TestClient) -> None:
    answer = client.post("/settings/appearance", data={"next": "//evil.example/"})
    assert answer.headers["location"] == "/"
