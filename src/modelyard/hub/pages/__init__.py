"""The pages of repositories: card, files, one file, history, one commit, settings, and the form for a new one."""

from starlette.routing import BaseRoute

from modelyard.hub.pages.desk import Desk, Showcase
from modelyard.hub.pages.files import FilePages
from modelyard.hub.pages.forms import FormPages
from modelyard.hub.pages.overview import OverviewPages

__all__ = ["Desk", "Showcase", "build_pages"]


def build_pages(desk: Desk) -> list[BaseRoute]:
    """Return the routes; `/{ns}/{name}` takes any two words, so they must come after those of other rooms."""
    return [*FormPages(desk).routes(), *FilePages(desk).routes(), *OverviewPages(desk).routes()]
