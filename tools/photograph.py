"""Photograph pages, so that people can look at them: in both languages, both themes, wide and narrow.

    python -m tools.photograph                                          # every page of a furnished server of its own
    python -m tools.photograph --only zh.dark                           # some of the pictures
    python -m tools.photograph --base http://127.0.0.1:8000 /models     # pages of a server that runs already
    python -m tools.photograph --base ... --cookie modelyard_session=... /settings/tokens

Needs the dev tools, and Chromium on the path.
"""

import argparse
import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCALES = ("en", "zh")
THEMES = ("light", "dark")
WIDTHS = {"wide": 1280, "narrow": 360}


@dataclass(frozen=True)
class Walk:
    """Pages of a server as one person sees them."""

    base: str
    paths: list[str]
    cookies: Mapping[str, str] = field(default_factory=dict)
    person: str = ""


@dataclass(frozen=True)
class Shot:
    """One way to look at a page."""

    path: str
    locale: str
    theme: str
    width: str

    def name(self, person: str) -> str:
        """Return a file name that sorts by person and page."""
        page = re.sub(r"(dep|req)_\w+", r"\1", self.path)
        page = re.sub(r"\W+", "-", page).strip("-") or "home"
        return ".".join(part for part in (person, page, self.locale, self.theme, self.width, "png") if part)


def photograph(browser: Browser, walk: Walk, out: Path, only: str) -> Iterator[Path]:
    """Take the pictures of a walk whose names contain `only`, and yield their paths."""
    looks = itertools.product(walk.paths, LOCALES, THEMES, WIDTHS)
    for shot in (Shot(*look) for look in looks):
        name = shot.name(walk.person)
        if only in name:
            with seen_by(browser, walk, shot) as context:
                page = context.new_page()
                page.goto(walk.base + shot.path)
                page.screenshot(path=out / name, full_page=True)
            yield out / name


@contextmanager
def seen_by(browser: Browser, walk: Walk, shot: Shot) -> Iterator[BrowserContext]:
    """Open a window that is as wide, as dark and as Chinese as the shot wants it."""
    wishes = {"modelyard_language": shot.locale, "modelyard_theme": shot.theme, **walk.cookies}
    with browser.new_context(viewport={"width": WIDTHS[shot.width], "height": 800}) as context:
        context.add_cookies([{"name": name, "value": value, "url": walk.base} for name, value in wishes.items()])
        yield context


@contextmanager
def furnished() -> Iterator[list[Walk]]:
    """Open the stage of the browser's tests, and walk it as each of its people."""
    from tests.browser.stage import WALKS, open_stage

    with tempfile.TemporaryDirectory() as folder, open_stage(Path(folder)) as stage:
        yield [Walk(stage.url, stage.pages_of(name), stage.session(name), name) for name in WALKS]


@contextmanager
def running(base: str, paths: list[str], cookie: str) -> Iterator[list[Walk]]:
    """Walk a server that runs already."""
    name, _, value = cookie.partition("=")
    yield [Walk(base.rstrip("/"), paths or ["/"], {name: value} if cookie else {})]


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", help="pages of --base, such as / /models")
    parser.add_argument("--base", default="", help="address of a running server, such as http://127.0.0.1:8000")
    parser.add_argument("--cookie", default="", help="NAME=VALUE of a session, to see what a signed-in person sees")
    parser.add_argument("--out", type=Path, default=Path("var/photographs"), help="folder for the pictures")
    parser.add_argument("--only", default="", help="take only pictures whose name contains this, such as zh.dark")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    opened = running(given.base, given.paths, given.cookie) if given.base else furnished()
    with opened as walks, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        for walk in walks:
            for picture in photograph(browser, walk, given.out, given.only):
                print(picture)
        browser.close()


if __name__ == "__main__":
    main()
