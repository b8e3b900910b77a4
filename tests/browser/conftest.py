"""A real browser in front of a real server: the kit, the portal, and a chat that streams on command."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from modelyard.accounts import ANONYMOUS, EVERY_SCOPE, Actor, NewUser, create_user
from modelyard.infra import Catalogs, Database, SystemClock, migrate, mint
from modelyard.portal import FOOT, MENU, NAV, Desk, build_pages
from modelyard.web import (
    VISITOR,
    Edge,
    Links,
    PanelRegistry,
    Problems,
    Renderer,
    SecureHeaders,
    Site,
    Viewer,
    build_kit,
    build_preferences,
)
from tests.portal.shelf import SAMPLES, Shelf
from tests.support.waiting import eventually
from tools.photograph import FLAGS

WORDS = ("Ships ", "are ", "built ", "here.")


@dataclass
class Served:
    """A running server: where it is, and what its chat did."""

    url: str
    gone: list[str]
    refreshed: int = 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        state = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", [])
        db = Database(f"sqlite+pysqlite:///{tmp_path_factory.mktemp('browser') / 'modelyard.db'}")
        migrate.upgrade(db)
        config = uvicorn.Config(build(state, db), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert eventually(lambda: server.started)
        yield state
        server.should_exit = True
        thread.join()
        db.close()


def build(state: Served, db: Database) -> SecureHeaders:
    """Compose the application as app.py does, with a shelf for a hub and a script for an engine."""
    clock, links = SystemClock(), Links(state.url)
    with db.unit() as session:
        new = NewUser(name="lin", full_name="Lin Wei", email=None, admin=False)
        lin = create_user(session, actor=Actor.system("cli"), new=new, password_hash=None, clock=clock).account

    def actor_of(request: Request) -> Actor:
        return Actor(lin.id, lin.name, EVERY_SCOPE) if request.cookies.get("me") else ANONYMOUS

    def viewer_of(request: Request) -> Viewer:
        return Viewer("lin", "Lin Wei", csrf="token") if request.cookies.get("me") else VISITOR

    site = Site(links, nav=NAV, menu=MENU, foot=FOOT)
    renderer = Renderer(site, translator=Catalogs.load(), clock=clock, viewer_of=viewer_of)
    desk = Desk(renderer, db, actor_of, Shelf(SAMPLES), PanelRegistry())
    routes = [
        renderer.assets.route(),
        build_preferences(secure=False),
        *build_kit(renderer, clock),
        Route("/v1/chat/completions", chat(state), methods=["POST"]),
        Route("/live-page", live(state, renderer.assets.url("js/site.js"))),
        *build_pages(desk),
    ]
    app = Starlette(routes=routes)
    Problems(renderer).install(app)
    return SecureHeaders(app, Edge(links, (), lambda prefix: mint(prefix, clock)))


def chat(state: Served) -> Callable[[Request], Awaitable[Response]]:
    """Stream a sentence; `poor` is refused, and `endless` stays open until the client has gone."""

    async def endpoint(request: Request) -> Response:
        asked = await request.json()
        said = asked["messages"][-1]["content"]
        if said == "poor":
            return JSONResponse({"error": {"message": "Your credit is used up.", "code": "insufficient_quota"}}, 402)
        return StreamingResponse(stream(endless=said == "endless"), media_type="text/event-stream")

    async def stream(*, endless: bool) -> AsyncIterator[str]:
        try:
            for word in WORDS:
                yield event({"choices": [{"delta": {"content": word}}]})
            if endless:
                yield event({"choices": [{"delta": {"content": "and and"}}]})
                await asyncio.Event().wait()
            yield event({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 4}})
            yield "data: [DONE]\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            state.gone.append("chat")
            raise

    return endpoint


def event(body: dict[str, object]) -> str:
    return f"data: {json.dumps(body)}\n\n"


LIVE = """<!doctype html><title>Live</title><script type="module" nonce="{nonce}" src="{script}"></script>
<my-live id="rounds" {every}>{round}</my-live>"""


def live(state: Served, script: str) -> Callable[[Request], Response]:
    """Show how often the page was asked for; the third answer is the last one."""

    def endpoint(request: Request) -> Response:
        state.refreshed += 1
        every = 'every="0.05"' if state.refreshed < 3 else ""
        nonce = request.state.nonce
        return HTMLResponse(LIVE.format(nonce=nonce, script=script, every=every, round=state.refreshed))

    return endpoint


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Of the module, not of the session: while it runs, no other test of this process can run an event loop.
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip(reason="no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A fresh page; a script's error or a refusal by the content policy fails the test."""
    with browser.new_context(base_url=served.url, permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield page
        assert [each for each in complaints if "status of 40" not in each] == []


@pytest.fixture
def plain_page(browser: Browser, served: Served) -> Iterator[Page]:
    """A fresh page of a browser that runs no scripts."""
    with browser.new_context(base_url=served.url, java_script_enabled=False) as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
