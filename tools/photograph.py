"""Photograph pages of a running server, so that people can look at them.

    python tools/photograph.py http://127.0.0.1:8000 /_kit /models --out shots --cookie modelyard_session=...

Each page is taken in both languages, both themes, wide and narrow. Needs the dev tools and a Chromium on the path.
"""

import argparse
import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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
class Shot:
    """One way to look at a page."""

    path: str
    locale: str
    theme: str
    width: str

    @property
    def name(self) -> str:
        """Return a file name that sorts by page."""
        page = re.sub(r"\W+", "-", self.path).strip("-") or "home"
        return f"{page}.{self.locale}.{self.theme}.{self.width}.png"


def photograph(browser: Browser, base: str, shot: Shot, cookie: str, out: Path) -> Path:
    """Take one picture of the whole page and return its path."""
    cookies = {"modelyard_language": shot.locale, "modelyard_theme": shot.theme}
    if cookie:
        name, _, value = cookie.partition("=")
        cookies[name] = value
    with browser.new_context(viewport={"width": WIDTHS[shot.width], "height": 800}) as context:
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(base + shot.path)
        page.screenshot(path=out / shot.name, full_page=True)
    return out / shot.name


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="address of the server, such as http://127.0.0.1:8000")
    parser.add_argument("paths", nargs="+", help="pages, such as / /models")
    parser.add_argument("--out", type=Path, default=Path("var/photographs"), help="folder for the pictures")
    parser.add_argument("--cookie", default="", help="NAME=VALUE of a session, to see what a signed-in person sees")
    parser.add_argument("--only", default="", help="take only pictures whose name contains this, such as zh.dark")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    shots = [Shot(*each) for each in itertools.product(arguments.paths, LOCALES, THEMES, WIDTHS)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        for shot in shots:
            if arguments.only in shot.name:
                print(photograph(browser, arguments.base.rstrip("/"), shot, arguments.cookie, arguments.out))
        browser.close()


if __name__ == "__main__":
    main()
