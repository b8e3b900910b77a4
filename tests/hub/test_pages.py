"""The pages of repositories, rendered by the real renderer over the real hub."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from modelyard import accounts, hub
from modelyard.accounts import EVERY_SCOPE, Actor, TokenWish
from modelyard.accounts.http import Authenticator
from modelyard.hub import Message, RepoKind, RepoPath, Repository, Visibility
from modelyard.hub.pages import Desk, Showcase, build_pages
from modelyard.infra import Infra, mint
from modelyard.web import Edge, Links, PanelRegistry, Problems, Renderer, SecureHeaders, Site
from tests.hub.conftest import make_user

CARD = b"""---
license: apache-2.0
pipeline_tag: text-generation
library_name: gguf
tags: [tiny]
---
# Tiny <script>alert(1)</script>
See [the notes](docs/notes.md), ![a picture](pic.png) and <img src=x onerror="alert(2)">.
"""


@dataclass(frozen=True)
class Panel:
    """Says which repository the page is about."""

    id: str = "test-panel"
    place: str = "model.side"
    order: int = 10

    def render(self, request: Request, subject: object) -> Markup | None:
        assert isinstance(subject, Showcase)
        return Markup("panel of {}").format(subject.repository.path)


@dataclass
class Visit:
    """A browser, and people to be."""

    client: TestClient
    tokens: dict[str, str]

    def get(self, path: str, who: str = "", status: int = 200, language: str = "en") -> str:
        headers = {"Accept-Language": language} | self.credentials(who)
        response = self.client.get(path, headers=headers)
        assert response.status_code == status, response.text
        return response.text

    def credentials(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}


def token_of(infra: Infra, actor: Actor) -> str:
    assert actor.account is not None
    with infra.db.unit() as session:
        user = accounts.account_by_id(session, actor.account)
        wish = TokenWish(EVERY_SCOPE, "pages")
        return accounts.create_token(session, actor=actor, user=user, wish=wish, clock=infra.clock).secret.secret


@pytest.fixture
def people(sqlite_infra: Infra) -> dict[str, Actor]:
    return {name: make_user(sqlite_infra, name) for name in ("ada", "eve")}


@pytest.fixture
def visit(sqlite_infra: Infra, people: dict[str, Actor]) -> Iterator[Visit]:
    infra, links = sqlite_infra, Links("http://testserver")
    auth = Authenticator(infra, links)
    renderer = Renderer(Site(links), translator=infra.catalogs, clock=infra.clock, viewer_of=auth.viewer)
    app = Starlette(routes=build_pages(Desk(infra, auth, renderer, PanelRegistry([Panel()]))))
    Problems(renderer).install(app)
    whole = SecureHeaders(app, Edge(links, (), lambda prefix: mint(prefix, infra.clock)))
    with TestClient(whole, raise_server_exceptions=True, follow_redirects=False) as client:
        yield Visit(client, {name: token_of(infra, actor) for name, actor in people.items()})


def publish(infra: Infra, ada: Actor, name: str = "tiny", *, private: bool = False) -> Repository:
    path = RepoPath(RepoKind.MODEL, "ada", name)
    shown = Visibility.PRIVATE if private else Visibility.PUBLIC
    with infra.db.unit() as session:
        repo = hub.create_repository(session, actor=ada, path=path, visibility=shown, clock=infra.clock)
    draft = hub.open_draft(infra, actor=ada, path=path, revision="main")
    draft.add_file("README.md", CARD)
    draft.add_file("docs/a file.txt", b"<b>plain</b> text")
    draft.add_file("pic.png", b"\x89PNG\0")
    draft.land(Message("Add it all", "In one go"))
    return repo


@pytest.fixture
def repo(sqlite_infra: Infra, people: dict[str, Actor]) -> Repository:
    return publish(sqlite_infra, people["ada"])


def test_the_card_is_shown_and_harmless(visit: Visit, repo: Repository) -> None:
    html = visit.get("/ada/tiny")
    assert "<h2>Tiny </h2>" in html
    assert "alert(" not in html
    assert "onerror" not in html
    assert 'href="/ada/tiny/blob/main/docs/notes.md"' in html
    assert 'src="/ada/tiny/resolve/main/pic.png"' in html
    assert "Apache 2.0" in html
    assert "panel of ada/tiny" in html
    assert "/ada/tiny/settings" not in html


def test_both_languages(visit: Visit, repo: Repository) -> None:
    assert "Model card" in visit.get("/ada/tiny")
    assert "模型卡片" in visit.get("/ada/tiny", language="zh-CN")


def test_files_and_one_file(visit: Visit, repo: Repository) -> None:
    tree = visit.get("/ada/tiny/tree/main")
    assert 'href="/ada/tiny/tree/main/docs"' in tree
    assert "Add it all" in tree
    assert 'href="/ada/tiny/blob/main/docs/a%20file.txt"' in visit.get("/ada/tiny/tree/main/docs")
    blob = visit.get("/ada/tiny/blob/main/docs/a%20file.txt")
    assert "&lt;b&gt;plain&lt;/b&gt; text" in blob
    assert "<b>plain" not in blob
    assert 'src="/ada/tiny/resolve/main/pic.png"' in visit.get("/ada/tiny/blob/main/pic.png")


def test_history_and_one_commit(visit: Visit, repo: Repository) -> None:
    commits = visit.get("/ada/tiny/commits/main")
    assert "Add it all" in commits
    assert "initial commit" in commits
    oid = commits.split("/ada/tiny/commit/")[1][:40]
    commit = visit.get(f"/ada/tiny/commit/{oid}")
    assert "docs/a file.txt" in commit
    assert "In one go" in commit


@pytest.mark.parametrize(
    "path",
    [
        "/ada/none",
        "/ada/tiny/tree/none",
        "/ada/tiny/tree/main/none",
        "/ada/tiny/blob/main/docs",
        "/ada/tiny/commit/0",
        "/ada/tiny/blob/main/%00",
        "/ada/tiny/blob/main/%ff",
        "/ada%00/tiny",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(visit: Visit, repo: Repository, path: str) -> None:
    assert "<h1" in visit.get(path, status=404)


@pytest.mark.parametrize("path", ["", "/tree/main", "/blob/main/README.md", "/commits/main", "/settings"])
def test_a_private_repository_looks_absent(
    visit: Visit, sqlite_infra: Infra, people: dict[str, Actor], path: str
) -> None:
    publish(sqlite_infra, people["ada"], "secret", private=True)
    hidden = visit.get("/ada/secret" + path, who="eve", status=404)
    absent = visit.get("/ada/absent" + path, who="eve", status=404)
    assert "secret" not in hidden.replace("ada/secret", "")
    assert hidden.count("<") == absent.count("<")
    visit.get("/ada/secret" + path, who="ada")


def test_other_letters_case_is_led_home(visit: Visit, repo: Repository) -> None:
    response = visit.client.get("/Ada/TINY")
    assert (response.status_code, response.headers["location"]) == (301, "/ada/tiny")
    deeper = visit.client.get("/Ada/tiny/tree/refs%2Fheads%2Fmain?cursor=a%20b")
    assert deeper.headers["location"] == "/ada/tiny/tree/refs%2Fheads%2Fmain?cursor=a%20b"


def test_a_repository_is_made_hidden_and_deleted_by_forms(visit: Visit, sqlite_infra: Infra) -> None:
    who = visit.credentials("ada")
    assert 'value="ada"' in visit.get("/new", who="ada")
    bad = visit.client.post("/new", data={"kind": "model", "owner": "ada", "name": "a b"}, headers=who)
    assert bad.status_code == 422
    assert "cannot be the name" in bad.text
    form = {"kind": "dataset", "owner": "ada", "name": "rows", "visibility": "public"}
    made = visit.client.post("/new", data=form, headers=who)
    assert (made.status_code, made.headers["location"]) == (303, "/datasets/ada/rows")
    assert "Dataset card" in visit.get("/datasets/ada/rows")
    hidden = visit.client.post("/datasets/ada/rows/settings", data={"visibility": "private"}, headers=who)
    assert hidden.status_code == 303
    visit.get("/datasets/ada/rows", status=404)
    wrong = visit.client.post("/datasets/ada/rows/delete", data={"confirmation": "rows"}, headers=who)
    assert wrong.status_code == 422
    gone = visit.client.post("/datasets/ada/rows/delete", data={"confirmation": "ada/rows"}, headers=who)
    assert gone.headers["location"] == "/ada"
    visit.get("/datasets/ada/rows", who="ada", status=404)


def test_forms_are_for_those_who_may(visit: Visit, repo: Repository) -> None:
    visit.get("/new", status=401)
    visit.get("/ada/tiny/settings", who="eve", status=403)
    for path, data in (("settings", {"visibility": "private"}), ("delete", {"confirmation": "ada/tiny"})):
        for who, status in (("eve", 403), ("", 401)):
            response = visit.client.post(f"/ada/tiny/{path}", data=data, headers=visit.credentials(who))
            assert response.status_code == status
    visit.get("/ada/tiny")
