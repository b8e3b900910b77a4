import re
from datetime import timedelta

import pytest

from modelyard import accounts
from modelyard.accounts import EVERY_SCOPE, Actor, Role, Scope
from modelyard.accounts.errors import InvalidToken
from modelyard.kernel import ManualClock
from tests.accounts.people import OPERATOR
from tests.accounts.site import PASSWORD, Browser, Site, open_site

SESSION = "modelyard_session"


@pytest.fixture
def ada(site: Site) -> Browser:
    """A browser in which Ada is signed in."""
    site.user("ada")
    browser = site.browser()
    assert browser.sign_in("ada").status_code == 303
    return browser


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/settings/profile",
        "/settings/tokens",
        "/settings/organizations",
        "/settings/audit",
        "/organizations/new",
        "/organizations/acme/settings",
        "/organizations/acme/audit",
        "/admin",
        "/admin/audit",
    ],
)
def test_every_page_shows_in_both_languages(site: Site, path: str, language: str) -> None:
    site.user("chief", admin=True)
    browser = site.browser(language)
    if path != "/login":
        browser.sign_in("chief")
        browser.send("/organizations/new", name="acme", full_name="")
    page = browser.get(path)
    assert page.status_code == 200
    assert f'lang="{"zh-Hans" if language == "zh" else "en"}"' in page.text
    assert ("登录" in page.text or "设置" in page.text or "用户" in page.text) == (language == "zh")


def test_signing_in_with_name_or_address_in_any_case(site: Site) -> None:
    site.user("Ada")
    assert site.browser().sign_in("ADA").status_code == 303
    assert site.browser().sign_in(" ada ").headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_read_the_same(site: Site) -> None:
    site.user("ada")
    wrong, unknown = site.browser().sign_in("ada", "wrong horse"), site.browser().sign_in("nobody", "wrong horse")
    assert wrong.status_code == unknown.status_code == 401
    assert "The name or the password is wrong." in wrong.text
    plain = [re.sub(r'value="[^"]*"|nonce="[^"]*"|req_\w+', "", page.text) for page in (wrong, unknown)]
    assert plain[0] == plain[1]
    assert SESSION not in wrong.cookies


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("/settings/tokens?x=1", "/settings/tokens?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_sign_in_leads_to_this_site_only(site: Site, wanted: str, to: str) -> None:
    site.user("ada")
    browser = site.browser()
    assert browser.sign_in("ada", next=wanted).headers["location"] == to
    assert browser.client.get("/login", params={"next": wanted}).headers["location"] == to


def test_strangers_who_guess_cannot_lock_the_owner_out(site: Site, ada: Browser, clock: ManualClock) -> None:
    ada.send("/settings/profile", "/logout")
    stranger, forger = site.browser(), site.browser()
    forger.client.cookies.set("modelyard_device", "0" * 40 + "." + "0" * 64)
    assert [stranger.sign_in("ada", "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    assert forger.sign_in("ada").status_code == 429
    assert stranger.sign_in("ada").headers["retry-after"] == "30"
    site.user("bob")
    assert [ada.sign_in("bob", "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    assert ada.sign_in("ada", "wrong").status_code == 401
    assert ada.sign_in("ada").status_code == 303


def test_a_sign_in_form_needs_the_cookie_it_came_with(site: Site) -> None:
    site.user("ada")
    fields = {"name": "ada", "password": PASSWORD}
    assert site.browser().client.post("/login", data=fields).status_code == 403
    foreign = site.browser().csrf("/login")
    assert site.browser().client.post("/login", data={**fields, "csrf": foreign}).status_code == 403
    browser = site.browser()
    browser.get("/login")
    assert browser.client.post("/login", data={**fields, "csrf": foreign}).status_code == 403
    own = browser.csrf("/login")
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert browser.client.post("/login", data={**fields, "csrf": own}, headers=evil).status_code == 403
    assert browser.client.post("/login", data={**fields, "csrf": own}).status_code == 303


def test_a_planted_session_is_not_adopted(site: Site) -> None:
    site.user("ada")
    browser = site.browser()
    browser.client.cookies.set(SESSION, "planted-by-an-attacker")
    browser.sign_in("ada")
    cookie = [each.value for each in browser.client.cookies.jar if each.name == SESSION and each.value]
    assert "planted-by-an-attacker" not in cookie[-1:]
    spy = site.browser()
    spy.client.cookies.set(SESSION, "planted-by-an-attacker")
    assert spy.get("/settings/profile").status_code == 401


def test_signing_in_again_ends_the_session_before(site: Site, ada: Browser) -> None:
    before = ada.client.cookies[SESSION]
    token = ada.csrf("/settings/profile")
    again = ada.client.post("/login", data={"csrf": token, "name": "ada", "password": PASSWORD})
    assert again.status_code == 303
    assert ada.client.cookies[SESSION] != before
    old = site.browser()
    old.client.cookies.set(SESSION, before)
    assert old.get("/settings/profile").status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site, ada: Browser) -> None:
    cookie = site.browser().sign_in("ada").headers["set-cookie"]
    assert cookie.startswith("modelyard_session=")
    for flag in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(site: Site) -> None:
    site.user("ada")
    secure = open_site(site.infra, site.passwords, "https://hub.example.org").browser()
    cookie = secure.sign_in("ada").headers["set-cookie"]
    assert cookie.startswith("__Host-modelyard_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert secure.get("/settings/profile").status_code == 200


def test_a_form_needs_the_token_of_its_own_session(site: Site, ada: Browser) -> None:
    site.user("bob")
    bob = site.browser()
    bob.sign_in("bob")
    fields = {"name": "stolen", "scopes": ["write"], "days": ""}
    for token in ("", "0" * 64, bob.csrf("/settings/tokens"), "é"):
        sent = ada.client.post("/settings/tokens", data={**fields, "csrf": token})
        assert sent.status_code == 403
    assert "stolen" not in ada.get("/settings/tokens").text


def test_signing_out_ends_the_session_on_the_server(site: Site, ada: Browser) -> None:
    secret = ada.client.cookies[SESSION]
    assert ada.client.post("/logout", data={}).status_code == 403
    assert ada.send("/settings/profile", "/logout").status_code == 303
    thief = site.browser()
    thief.client.cookies.set(SESSION, secret)
    assert thief.get("/settings/profile").status_code == 401
    assert site.browser().client.post("/logout", data={}).status_code == 303


def test_signing_out_everywhere_ends_all_of_them(site: Site, ada: Browser) -> None:
    other = site.browser()
    other.sign_in("ada")
    assert ada.send("/settings/profile", "/settings/sessions").headers["location"] == "/login"
    assert other.get("/settings/profile").status_code == 401


def test_a_session_slides_and_ends(site: Site, ada: Browser, clock: ManualClock) -> None:
    for _ in range(6):
        clock.advance(timedelta(days=13))
        assert ada.get("/settings/profile").status_code == 200
        site.infra.writer.submit(lambda statements: statements.one("SELECT 1")).result()
    clock.advance(timedelta(days=13))
    assert ada.get("/settings/profile").status_code == 401


def test_the_password_changes_only_with_the_old_one(site: Site, ada: Browser) -> None:
    other = site.browser()
    other.sign_in("ada")
    to = "/settings/password"
    wrong = ada.send("/settings/profile", to, current="wrong horse", password="a new long password")
    assert wrong.status_code == 401
    short = ada.send("/settings/profile", to, current=PASSWORD, password="short")
    assert "shorter than 10" in short.text
    assert ada.send("/settings/profile", to, current=PASSWORD, password="a new long password").status_code == 303
    assert ada.get("/settings/profile").status_code == 200
    assert other.get("/settings/profile").status_code == 401
    assert site.browser().sign_in("ada").status_code == 401
    assert site.browser().sign_in("ada", "a new long password").status_code == 303


def test_a_profile_is_saved_and_its_faults_are_shown(site: Site, ada: Browser) -> None:
    assert ada.send("/settings/profile", full_name="Ada L.", email="ada@example.org").status_code == 303
    assert "Ada L." in ada.get("/settings/profile").text
    assert site.browser().sign_in("ADA@example.org").status_code == 303
    wrong = ada.send("/settings/profile", full_name="Ada L.", email="nonsense")
    assert wrong.status_code == 422
    assert "nonsense is not an email address." in wrong.text


def test_a_token_is_created_shown_once_and_revoked(site: Site, ada: Browser) -> None:
    shown = ada.send("/settings/tokens", name="laptop", scopes=["read", "inference"], days="30")
    assert shown.headers["cache-control"] == "no-store"
    secret = re.search(r"my_\w{40}", shown.text)
    assert secret is not None
    assert secret[0] not in ada.get("/settings/tokens").text
    clock = site.infra.clock
    with site.infra.db.reader() as session:
        actor = accounts.authenticate_token(session, secret[0], clock)
        assert actor.scopes == {Scope.READ, Scope.INFERENCE}
    page = f"/settings/tokens/{actor.token}/revoke"
    assert "Revoke the token laptop?" in ada.get(page).text
    assert ada.send(page).status_code == 303
    with site.infra.db.reader() as session, pytest.raises(InvalidToken):
        accounts.authenticate_token(session, secret[0], clock)


def test_a_token_without_scopes_is_explained(ada: Browser) -> None:
    page = ada.send("/settings/tokens", name="laptop", days="")
    assert page.status_code == 422
    assert "A token needs at least one scope." in page.text


def test_anothers_token_cannot_be_revoked(site: Site, ada: Browser) -> None:
    secret = site.token(site.user("bob"))
    with site.infra.db.reader() as session:
        token = accounts.authenticate_token(session, secret, site.infra.clock).token
    assert ada.get(f"/settings/tokens/{token}/revoke").status_code == 404
    assert ada.send("/settings/tokens", f"/settings/tokens/{token}/revoke").status_code == 404


def test_the_first_administrator_is_created_once(site: Site) -> None:
    with site.infra.db.unit() as session:
        old = accounts.first_admin_link(session, origin=site.origin, clock=site.infra.clock)
        link = accounts.first_admin_link(session, origin=site.origin, clock=site.infra.clock)
    assert old is not None
    assert link is not None
    browser = site.browser()
    assert browser.get(old).status_code == 404
    faulty = browser.send(link, name="settings", password=PASSWORD)
    assert "settings is reserved." in faulty.text
    assert browser.send(link, name="chief", full_name="The Chief", email="", password=PASSWORD).status_code == 303
    assert browser.get("/admin").status_code == 200
    assert site.browser().get(link).status_code == 404
    other = site.browser()
    token = other.csrf("/login")
    again = other.client.post(link, data={"csrf": token, "name": "mallory", "password": PASSWORD})
    assert again.status_code == 404
    with site.infra.db.unit() as session:
        assert accounts.first_admin_link(session, origin=site.origin, clock=site.infra.clock) is None


def test_a_link_in_foreign_hands_needs_the_form_too(site: Site) -> None:
    with site.infra.db.unit() as session:
        link = accounts.first_admin_link(session, origin=site.origin, clock=site.infra.clock)
    sent = site.browser().client.post(str(link), data={"name": "mallory", "password": PASSWORD})
    assert sent.status_code == 403


def test_a_reset_link_changes_the_password_once(site: Site, ada: Browser, clock: ManualClock) -> None:
    with site.infra.db.unit() as session:
        user = accounts.find_user(session, "ada")
        link = accounts.reset_link(session, actor=OPERATOR, user=user, origin=site.origin, clock=clock)
    browser = site.browser()
    assert "For ada." in browser.get(link).text
    assert "shorter than" in browser.send(link, password="short").text
    assert browser.send(link, password="a new long password").status_code == 303
    assert browser.get("/settings/profile").status_code == 200
    assert ada.get("/settings/profile").status_code == 401
    assert browser.get(link).status_code == 404
    assert site.browser().sign_in("ada", "a new long password").status_code == 303


def test_an_administrator_creates_a_person_who_chooses_a_password(site: Site) -> None:
    site.user("chief", admin=True)
    chief = site.browser()
    chief.sign_in("chief")
    shown = chief.send("/admin", "/admin/users", name="carol", full_name="", email="")
    link = re.search(r"/reset/\w{40}", shown.text)
    assert link is not None
    carol = site.browser()
    assert carol.send(link[0], password=PASSWORD).status_code == 303
    assert carol.get("/admin").status_code == 403
    assert "is taken" in chief.send("/admin", "/admin/users", name="Carol", full_name="", email="").text
    assert chief.send("/admin", "/admin/users/carol/suspend").status_code == 303
    assert carol.get("/settings/profile").status_code == 401
    assert "is suspended" in site.browser().sign_in("carol").text
    assert chief.send("/admin", "/admin/users/carol/restore").status_code == 303
    assert site.browser().sign_in("carol").status_code == 303
    assert "/reset/" in chief.send("/admin", "/admin/users/carol/reset-link").text


def test_an_invitation_travels_by_its_link(site: Site, ada: Browser) -> None:
    site.user("bob")
    ada.send("/organizations/new", name="acme", full_name="Acme Ltd")
    base = "/organizations/acme"
    shown = ada.send(f"{base}/settings", f"{base}/invitations", whom="bob", role="write")
    link = re.search(r"/invitations/\w{40}", shown.text)
    assert link is not None
    assert ada.get(link[0]).status_code == 404
    bob = site.browser()
    bob.sign_in("bob")
    assert "Acme Ltd" in bob.get("/settings/organizations").text
    assert "Join Acme Ltd?" in bob.get(link[0]).text
    assert bob.send(link[0], answer="accept").status_code == 303
    assert bob.get(f"{base}/settings").status_code == 200
    assert bob.get(f"{base}/audit").status_code == 403
    assert "Your own role" in bob.send("/settings/profile", f"{base}/members", user="bob", role="owner").text
    assert ada.send(f"{base}/settings", f"{base}/members", user="bob", role="admin").status_code == 303
    assert "last owner" in ada.send(f"{base}/settings", f"{base}/members", user="ada", role="").text
    assert (
        bob.send(f"{base}/settings", f"{base}/members", user="bob", role="")
        .headers["location"]
        .endswith("organizations")
    )
    assert bob.get(f"{base}/settings").status_code == 403


def test_an_invitation_is_declined_or_revoked(site: Site, ada: Browser) -> None:
    site.user("bob")
    ada.send("/organizations/new", name="acme", full_name="")
    base = "/organizations/acme"
    link = re.search(
        r"/invitations/\w{40}", ada.send(f"{base}/settings", f"{base}/invitations", whom="bob", role="read").text
    )
    assert link is not None
    bob = site.browser()
    bob.sign_in("bob")
    assert bob.send(link[0], answer="decline").status_code == 303
    assert bob.get(link[0]).status_code == 404
    ada.send(f"{base}/settings", f"{base}/invitations", whom="someone@example.org", role="read")
    page = ada.get(f"{base}/settings").text
    key = re.search(r'name="invitation" value="(inv_\w+)"', page)
    assert key is not None
    assert ada.send(f"{base}/settings", f"{base}/invitations/revoke", invitation=key[1]).status_code == 303
    assert "someone@example.org" not in ada.get(f"{base}/settings").text
    assert "There is no user" in ada.send(f"{base}/settings", f"{base}/invitations", whom="nobody", role="read").text


def test_an_organization_is_renamed_and_stays_closed_to_strangers(site: Site, ada: Browser) -> None:
    ada.send("/organizations/new", name="acme", full_name="")
    assert ada.send("/organizations/acme/settings", full_name="Acme & Sons").status_code == 303
    assert "Acme &amp; Sons" in ada.get("/organizations/acme/settings").text
    assert "longer than" in ada.send("/organizations/acme/settings", full_name="x" * 201).text
    assert "is reserved" in ada.send("/organizations/new", name="models", full_name="").text
    site.user("bob")
    bob = site.browser()
    bob.sign_in("bob")
    assert bob.get("/organizations/acme/settings").status_code == 403


def test_stored_html_is_harmless(site: Site, ada: Browser) -> None:
    attack = "<script>alert(1)</script>"
    ada.send("/settings/profile", full_name=attack, email="")
    ada.client.headers["user-agent"] = attack
    ada.sign_in("ada")
    assert attack not in ada.get("/settings/profile").text


def test_a_bearer_token_opens_pages_but_never_the_administration_beyond_its_scope(site: Site) -> None:
    chief = site.user("chief", admin=True)
    reader = site.browser()
    reader.client.headers["authorization"] = f"Bearer {site.token(chief, Scope.READ)}"
    assert reader.get("/admin").status_code == 403
    assert reader.get("/settings/organizations").status_code == 200


def test_the_actor_of_a_session_has_every_scope(site: Site, ada: Browser) -> None:
    secret = ada.client.cookies[SESSION]
    with site.infra.db.reader() as session:
        grant = accounts.grant_by_session(session, secret, site.infra.clock)
        assert grant is not None
        assert grant.actor == Actor(grant.session.account, "ada", EVERY_SCOPE)
        assert accounts.role_of(session, grant.actor, grant.session.account) is Role.OWNER
