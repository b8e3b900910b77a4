"""Credentials of requests, and /api/v1."""

import base64

import pytest
from starlette.testclient import TestClient

from modelyard.accounts import Scope
from modelyard.accounts.errors import InvalidToken
from modelyard.accounts.http.credentials import presented
from modelyard.infra import Infra
from modelyard.kernel import ManualClock
from tests.accounts.site import PASSWORD, Site


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (None, None),
        ("Bearer my_x", "my_x"),
        ("bearer  my_x ", "my_x"),
        (basic("ada:my_x"), "my_x"),
        (basic(":my_x"), "my_x"),
        (basic("ada:a:b"), "a:b"),
    ],
)
def test_tokens_are_read_as_clients_send_them(header: str | None, secret: str | None) -> None:
    assert presented(header) == secret


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Digest x", "Basic !", basic("ada"), basic("ada:"), "Basic /w=="]
)
def test_malformed_credentials_are_bad_ones_not_none(header: str) -> None:
    with pytest.raises(InvalidToken):
        presented(header)


def client(site: Site, secret: str | None = None) -> TestClient:
    made = TestClient(site.app, base_url=site.origin)  # type: ignore[arg-type]  # any ASGI application
    if secret:
        made.headers["authorization"] = f"Bearer {secret}"
    return made


def test_whoami_says_who_and_how_far(site: Site) -> None:
    ada = site.user("ada")
    answer = client(site, site.token(ada, Scope.WRITE)).get("/api/v1/whoami").json()
    assert answer == {
        "name": "ada",
        "full_name": "ada",
        "admin": False,
        "scopes": ["read", "write"],
        "organizations": [],
    }


def test_bad_credentials_are_told_from_none(site: Site) -> None:
    nobody, bad = client(site).get("/api/v1/whoami"), client(site, "my_unknown").get("/api/v1/whoami")
    assert nobody.status_code == bad.status_code == 401
    assert (nobody.json()["code"], bad.json()["code"]) == ("sign_in_required", "invalid_token")
    assert bad.json()["detail"] == "Invalid credentials in Authorization header"
    assert bad.headers["www-authenticate"].startswith("Bearer")


def test_a_bad_token_is_not_saved_by_a_good_cookie(site: Site) -> None:
    site.user("ada")
    browser = site.browser()
    browser.sign_in("ada")
    browser.client.headers["authorization"] = "Bearer my_unknown"
    assert browser.get("/api/v1/whoami").status_code == 401


def test_git_sends_the_token_as_a_password(site: Site) -> None:
    secret = site.token(site.user("ada"))
    browser = client(site)
    for who in ("ada", "anybody", ""):
        browser.headers["authorization"] = basic(f"{who}:{secret}")
        assert browser.get("/api/v1/whoami").json()["name"] == "ada"
    browser.headers["authorization"] = basic(f"ada:{PASSWORD}")
    assert browser.get("/api/v1/whoami").status_code == 401


def test_a_session_changes_things_by_api_only_with_its_token(site: Site) -> None:
    site.user("ada")
    browser = site.browser()
    browser.sign_in("ada")
    token = browser.csrf("/settings/profile")
    body = {"name": "script", "scopes": ["read"]}
    post = browser.client.post
    assert post("/api/v1/tokens", json=body).status_code == 403
    assert post("/api/v1/tokens", json=body, headers={"x-csrf-token": "0" * 64}).status_code == 403
    assert post("/api/v1/tokens", data=body).status_code in {403, 422}
    cross = {"x-csrf-token": token, "sec-fetch-site": "cross-site"}
    assert post("/api/v1/tokens", json=body, headers=cross).status_code == 403
    assert browser.get("/api/v1/tokens").json()["items"] == []
    assert post("/api/v1/tokens", json=body, headers={"x-csrf-token": token}).status_code == 201


def test_the_day_of_last_use_is_noted_after_the_request(site: Site, clock: ManualClock) -> None:
    secret = site.token(site.user("ada"))
    browser = client(site, secret)
    for _ in range(3):
        browser.get("/api/v1/whoami")
    site.infra.writer.submit(lambda statements: statements.one("SELECT 1")).result()
    assert browser.get("/api/v1/tokens").json()["items"][0]["last_used"] == clock.now().date().isoformat()


def test_a_closed_writer_fails_no_request(site: Site) -> None:
    browser = client(site, site.token(site.user("ada")))
    site.infra.writer.close()
    assert browser.get("/api/v1/whoami").status_code == 200


def test_tokens_are_made_listed_and_revoked(site: Site) -> None:
    api = client(site, site.token(site.user("ada")))
    made = api.post("/api/v1/tokens", json={"name": "ci", "scopes": ["inference"], "expires_days": 7}).json()
    assert made["scopes"] == ["inference"]
    assert client(site, made["secret"]).get("/api/v1/whoami").status_code == 200
    listed = api.get("/api/v1/tokens").json()["items"]
    assert {each["name"] for each in listed} == {"ci", ""}
    assert all("secret" not in each for each in listed)
    assert api.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert client(site, made["secret"]).get("/api/v1/whoami").status_code == 401
    assert api.post("/api/v1/tokens", json={"scopes": []}).json()["code"] == "scopes_missing"


def test_users_are_managed_by_administrators(site: Site) -> None:
    chief = client(site, site.token(site.user("chief", admin=True)))
    made = chief.post("/api/v1/users", json={"name": "carol", "email": "c@example.org", "password": PASSWORD})
    assert made.status_code == 201
    assert (made.json()["email"], made.json()["admin"], made.json()["kind"]) == ("c@example.org", False, "user")
    assert chief.get("/api/v1/users/CAROL").json()["name"] == "carol"
    assert "email" not in chief.get("/api/v1/users/carol").json()
    assert chief.get("/api/v1/users?limit=1").json()["next"] == "carol"
    changed = chief.patch("/api/v1/users/carol", json={"full_name": "Carol C."})
    assert changed.json()["full_name"] == "Carol C."
    assert "/reset/" in chief.post("/api/v1/users/carol/reset-link").json()["link"]
    assert chief.post("/api/v1/users/carol/suspend").status_code == 204
    assert chief.get("/api/v1/users").json()["items"][0]["suspended_at"].endswith("Z")
    assert chief.post("/api/v1/users/carol/restore").status_code == 204
    assert chief.post("/api/v1/users", json={"name": "x", "password": "short"}).json()["field"] == "password"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users", {"name": "mallory", "admin": True}),
        ("GET", "/users", None),
        ("PATCH", "/users/chief", {"full_name": "Mallory"}),
        ("POST", "/users/chief/suspend", None),
        ("POST", "/users/chief/reset-link", None),
        ("GET", "/audit", None),
        ("GET", "/audit?owner=chief", None),
        ("PATCH", "/organizations/acme", {"full_name": "Mine"}),
        ("PUT", "/organizations/acme/members/mallory", {"role": "owner"}),
        ("DELETE", "/organizations/acme/members/chief", None),
        ("POST", "/organizations/acme/invitations", {"role": "owner", "name": "mallory"}),
        ("GET", "/organizations/acme/invitations", None),
    ],
)
def test_others_are_kept_out_of_everything(site: Site, method: str, path: str, body: object) -> None:
    chief = client(site, site.token(site.user("chief", admin=True)))
    assert chief.post("/api/v1/organizations", json={"name": "acme"}).status_code == 201
    mallory = client(site, site.token(site.user("mallory")))
    assert mallory.request(method, "/api/v1" + path, json=body).status_code in {403, 404}
    assert client(site).request(method, "/api/v1" + path, json=body).status_code == 401


def test_an_organization_grows_by_api(site: Site) -> None:
    ada, bob = client(site, site.token(site.user("ada"))), client(site, site.token(site.user("bob")))
    assert ada.post("/api/v1/organizations", json={"name": "acme"}).json()["kind"] == "organization"
    assert ada.patch("/api/v1/organizations/acme", json={"full_name": "Acme Ltd"}).json()["full_name"] == "Acme Ltd"
    made = ada.post("/api/v1/organizations/acme/invitations", json={"role": "read", "name": "bob"}).json()
    assert made["link"].startswith(site.origin + "/invitations/")
    assert [each["id"] for each in bob.get("/api/v1/invitations").json()["items"]] == [made["id"]]
    assert bob.post(f"/api/v1/invitations/{made['id']}/accept").json()["name"] == "acme"
    assert ada.put("/api/v1/organizations/acme/members/bob", json={"role": "write"}).json()["role"] == "write"
    members = bob.get("/api/v1/organizations/acme").json()["members"]
    assert [(each["name"], each["role"]) for each in members] == [("ada", "owner"), ("bob", "write")]
    assert client(site).get("/api/v1/organizations/acme").json()["members"] == []
    assert bob.delete("/api/v1/organizations/acme/members/bob").status_code == 204
    again = ada.post("/api/v1/organizations/acme/invitations", json={"role": "read", "name": "bob"}).json()
    assert bob.post(f"/api/v1/invitations/{again['id']}/decline").status_code == 204
    third = ada.post("/api/v1/organizations/acme/invitations", json={"role": "read", "email": "x@example.org"}).json()
    assert [each["email"] for each in ada.get("/api/v1/organizations/acme/invitations").json()["items"]] == [
        third["email"]
    ]
    assert ada.delete(f"/api/v1/organizations/acme/invitations/{third['id']}").status_code == 204
    acts = [line["act"] for line in ada.get("/api/v1/audit?owner=acme").json()["items"]]
    assert acts[:3] == ["invitation.revoked", "invitation.created", "invitation.declined"]


def test_a_request_is_found_in_the_audit_trail_by_its_id(site: Site) -> None:
    ada = client(site, site.token(site.user("ada")))
    ada.post("/api/v1/organizations", json={"name": "acme"})
    line = ada.get("/api/v1/audit?owner=acme&limit=1").json()["items"][0]
    assert line["actor"] == "ada"
    assert line["token"].startswith("tok_")


def test_a_token_that_expired_a_moment_ago_is_refused(sqlite_infra: Infra, site: Site, clock: ManualClock) -> None:
    from datetime import timedelta

    secret = site.token(site.user("ada"), Scope.READ, days=1)
    clock.advance(timedelta(days=1) - timedelta(microseconds=1))
    assert client(site, secret).get("/api/v1/whoami").status_code == 200
    clock.advance(timedelta(microseconds=1))
    assert client(site, secret).get("/api/v1/whoami").status_code == 401
