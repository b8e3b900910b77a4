"""Deployments under /api/v1, over HTTP."""

from pathlib import Path
from typing import Any

import httpx2

from modelyard.accounts import Account
from modelyard.serving import Stage
from tests.serving.shop import MICRO, MODEL, Shop

WISH = {"repo": MODEL, "file": MICRO.name, "context": 1024, "slots": 2}


def call(shop: Shop, method: str, path: str, who: Account | None, body: Any = None, language: str = "en") -> Any:
    headers = {"accept-language": language}
    if who:
        headers["authorization"] = f"Bearer {shop.token(who)}"
    return httpx2.request(method, f"{shop.origin}/api/v1{path}", json=body, headers=headers, timeout=30)


def test_a_deployment_is_made_watched_stopped_and_deleted(shop: Shop) -> None:
    shop.shelf.put(shop.seller.id, MODEL, MICRO)

    made = call(shop, "POST", "/deployments", shop.seller, WISH)
    assert made.status_code == 201
    assert made.json()["model"] == MODEL
    assert made.json()["stage"]["stage"] == "queued"
    one = f"/deployments/{made.json()['id']}"
    deployment = shop.found(made.json()["id"])
    assert shop.reaches(deployment, Stage.WARM)

    assert call(shop, "GET", one, None).json()["stage"]["stage"] == "warm"
    assert [stage["stage"] for stage in call(shop, "GET", one + "/stages", None).json()["items"]] == [
        "queued",
        "verifying",
        "loading",
        "warm",
    ]
    assert call(shop, "POST", one + "/stop", shop.seller).json()["desired"] == "stopped"
    assert call(shop, "POST", one + "/start", shop.seller).json()["desired"] == "running"
    assert call(shop, "GET", one + "/log", shop.seller).status_code == 200
    assert call(shop, "DELETE", one, shop.seller).status_code == 204
    assert call(shop, "GET", one, shop.seller).status_code == 404


def test_a_failure_is_told_in_the_reader_s_language(shop: Shop, tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<html>")
    deployment = shop.deploy(page)
    assert shop.reaches(deployment, Stage.FAILED)

    told = [call(shop, "GET", f"/deployments/{deployment.id}", None, language=word).json() for word in ("en", "zh")]

    assert [each["stage"]["failure"]["code"] for each in told] == ["not_a_gguf_file"] * 2
    assert told[0]["stage"]["during"] == "verifying"
    assert "does not begin with the letters GGUF" in told[0]["stage"]["failure"]["reason"]
    assert "GGUF 模型" in told[1]["stage"]["failure"]["reason"]


def test_lists_are_of_one_owner_and_paged(shop: Shop) -> None:
    names = [f"acme/m{number}" for number in range(3)]
    for name in names:
        shop.deploy(name=name)

    first = call(shop, "GET", "/deployments?owner=acme&limit=2", None).json()
    rest = call(shop, "GET", f"/deployments?owner=acme&limit=2&cursor={first['next']}", None).json()

    assert sorted(each["model"] for each in first["items"] + rest["items"]) == names
    assert rest["next"] is None
    assert call(shop, "GET", "/deployments?owner=bob", None).json()["items"] == []


def test_what_may_not_be_is_a_problem(shop: Shop) -> None:
    shop.shelf.put(shop.seller.id, MODEL, MICRO)

    assert call(shop, "POST", "/deployments", None, WISH).status_code == 401
    assert call(shop, "POST", "/deployments", shop.customer, WISH).status_code == 403
    wrong = call(shop, "POST", "/deployments", shop.seller, {**WISH, "slots": 0})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "deployment_unsound", "slots")
    assert call(shop, "POST", "/deployments", shop.seller, {**WISH, "gpu": True}).status_code == 422
    deployment = shop.deploy()
    assert call(shop, "POST", "/deployments", shop.seller, WISH).status_code == 409
    assert call(shop, "GET", f"/deployments/{deployment.id}/log", shop.customer).status_code == 403
    assert call(shop, "POST", f"/deployments/{deployment.id}/stop", shop.customer).status_code == 404
    assert call(shop, "GET", "/deployments/dep_none", shop.seller).status_code == 404
