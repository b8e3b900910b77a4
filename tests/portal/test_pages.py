"""The pages of the portal, over a catalog in memory and accounts in a real database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from modelyard.accounts import (
    ANONYMOUS,
    EVERY_SCOPE,
    Actor,
    NewUser,
    create_organization_for,
    create_user,
)
from modelyard.infra import Infra
from modelyard.portal import FOOT, MENU, NAV, Desk, build_pages
from modelyard.web import VISITOR, Links, PanelRegistry, Problems, Renderer, Site, Viewer
from tests.portal.shelf import SAMPLES, Shelf, card

PUBLIC = "https://hub.example.org"
OPERATOR = Actor.system("cli")


@dataclass
class Note:
    """A panel that says who it was asked about."""

    id: str = "note"
    place: str = "home.side"
    order: int = 1

    def render(self, request: Request, subject: object) -> Markup | None:
        return Markup("<p>note for {}</p>").format(getattr(subject, "name", ""))


@dataclass
class Visit:
    """Who is at the door; tests change it."""

    actor: Actor = ANONYMOUS


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(SAMPLES)


@pytest.fixture
def visit() -> Visit:
    return Visit()


@pytest.fixture
def client(sqlite_infra: Infra, shelf: Shelf, visit: Visit) -> Iterator[TestClient]:
    infra = sqlite_infra

    def viewer_of(request: Request) -> Viewer:
        return Viewer(visit.actor.name, "Lin Wei") if visit.actor.account else VISITOR

    site = Site(Links(PUBLIC), nav=NAV, menu=MENU, foot=FOOT)
    renderer = Renderer(site, translator=infra.catalogs, clock=infra.clock, viewer_of=viewer_of)
    desk = Desk(renderer, infra.db, lambda request: visit.actor, shelf, PanelRegistry([Note()]))
    app = Starlette(routes=[renderer.assets.route(), *build_pages(desk)])
    Problems(renderer).install(app)
    with TestClient(app, base_url=PUBLIC, follow_redirects=False) as client:
        yield client


@pytest.fixture
def sign_in(sqlite_infra: Infra, visit: Visit) -> Callable[[], None]:
    def as_lin() -> None:
        with sqlite_infra.db.unit() as session:
            lin = NewUser(name="lin", full_name="Lin Wei", email=None, admin=False)
            user = create_user(session, actor=OPERATOR, new=lin, password_hash=None, clock=sqlite_infra.clock)
        visit.actor = Actor(user.account.id, "lin", EVERY_SCOPE)

    return as_lin


def test_a_visitor_learns_what_this_is_and_sees_what_is_public(client: TestClient) -> None:
    page = client.get("/").text
    assert "from repository to revenue" in page
    assert "https://hub.example.org/v1" in page
    assert "/acme/tiny-chat" in page
    assert "CN¥0.005 per 1,000 tokens" in page
    assert "draft-with" not in page
    assert "note for" not in page


def test_a_person_sees_what_is_theirs(client: TestClient, sign_in: Callable[[], None]) -> None:
    sign_in()
    page = client.get("/").text
    assert "draft-with" in page
    assert "/acme/tiny-chat" not in page
    assert "note for lin" in page


def test_an_empty_home_shows_the_three_lines_that_fill_it(
    client: TestClient, shelf: Shelf, sign_in: Callable[[], None]
) -> None:
    shelf.cards.clear()
    sign_in()
    page = client.get("/").text
    assert "export HF_ENDPOINT=https://hub.example.org\nhf auth login\nhf upload lin/my-model ./folder" in page
    assert "--repo-type dataset" in client.get("/datasets").text


@pytest.mark.parametrize(
    ("address", "present", "absent"),
    [
        ("/models", ["acme/tiny-chat", "open-lab/bge-small-zh"], ["acme/poems", "lin/draft"]),
        ("/models?task=text-generation", ["acme/tiny-chat"], ["open-lab/bge-small-zh"]),
        ("/models?license=mit&q=BGE", ["open-lab/bge-small-zh"], ["acme/tiny-chat"]),
        ("/models?sort=nonsense&unknown=1", ["acme/tiny-chat"], []),
        ("/datasets", ["datasets/acme/poems"], ["acme/tiny-chat"]),
        ("/search?q=acme", ["acme/tiny-chat", "datasets/acme/poems"], ["open-lab/bge-small-zh"]),
        ("/search", ['name="q"'], ["acme/tiny-chat"]),
    ],
)
def test_lists_show_what_fits(client: TestClient, address: str, present: list[str], absent: list[str]) -> None:
    page = client.get(address)
    assert page.status_code == 200
    assert [word for word in present if word not in page.text.replace('href="/', 'href="')] == []
    assert [word for word in absent if f'href="/{word}' in page.text] == []


def test_a_filter_is_a_link_that_turns_itself_off(client: TestClient) -> None:
    page = client.get("/models?task=text-generation&q=tiny").text
    assert 'href="/models?q=tiny" aria-current="true"' in page
    assert "/models?task=sentence-similarity" not in page  # nothing that fits is left under it


def test_a_sort_orders(client: TestClient) -> None:
    page = client.get("/models?sort=downloads").text
    assert page.index("bge-small-zh") < page.index("tiny-chat") < page.index("whisper-yard")


def test_a_long_list_goes_on_by_a_link(client: TestClient, shelf: Shelf) -> None:
    shelf.cards[:] = [card("acme", f"m{i:03}") for i in range(30)]
    first = client.get("/models?sort=likes").text
    assert first.count('class="repo"') == 24
    assert 'href="/models?sort=likes&amp;cursor=24"' in first
    second = client.get("/models?sort=likes&cursor=24").text
    assert second.count('class="repo"') == 6
    assert "cursor=48" not in second


def test_nothing_found_says_what_to_try(client: TestClient) -> None:
    for address in ("/models?q=zzz", "/search?q=zzz"):
        assert "Nothing fits" in client.get(address).text


def test_a_profile_shows_what_its_owner_published(
    client: TestClient, sqlite_infra: Infra, sign_in: Callable[[], None]
) -> None:
    with sqlite_infra.db.unit() as session:
        create_organization_for(
            session, actor=OPERATOR, name="acme", full_name="Acme Models", members={}, clock=sqlite_infra.clock
        )
    page = client.get("/acme").text
    assert "Acme Models" in page
    assert "/acme/whisper-yard" in page
    assert "/datasets/acme/poems" in page
    assert "bge-small-zh" not in page
    assert client.get("/ACME").headers["location"] == "/acme"
    assert "Acme Models" in client.get("/search?q=acme").text


def test_a_name_that_nobody_has_is_not_found(client: TestClient) -> None:
    answer = client.get("/nobody")
    assert answer.status_code == 404
    assert "account_not_found" not in client.get("/search?q=nobody").text


@pytest.mark.parametrize("address", ["/", "/models", "/datasets", "/search?q=lin", "/search"])
def test_every_page_speaks_chinese(client: TestClient, address: str) -> None:
    page = client.get(address, headers={"accept-language": "zh-CN"}).text
    assert 'lang="zh-Hans"' in page
    assert "模型" in page


def test_hostile_words_stay_words(client: TestClient) -> None:
    for address in ("/models?q=<script>x</script>", "/search?q=<script>x</script>"):
        assert "<script>x" not in client.get(address).text
