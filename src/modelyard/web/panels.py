"""Panels: how a page is made of parts from rooms that do not know each other.

A page names a place (`model.side`); rooms register panels for it in app.py; the page asks for all of them in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup
from starlette.requests import Request


class Panel(Protocol):
    """One part of a page.

    `place` is the page's name for a spot, such as `model.side` or `home.main`; panels of one place stand in `order`,
    small first. `subject` is what the page is about; its type is the contract of the place, written beside it.
    """

    @property
    def id(self) -> str:
        """Stable name, also the HTML id: `serving-chat`."""
        ...

    @property
    def place(self) -> str:
        """The spot that this panel stands in."""
        ...

    @property
    def order(self) -> int:
        """Position among its neighbors; leave gaps of ten."""
        ...

    def render(self, request: Request, subject: object) -> Markup | None:
        """Return the panel's HTML, or None when there is nothing to say about this subject."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A panel that had something to say."""

    id: str
    html: Markup


class PanelRegistry:
    """All panels by place; filled once by app.py, then only read."""

    def __init__(self, panels: Iterable[Panel] = ()) -> None:
        self._by_place: dict[str, list[Panel]] = {}
        self._ids: set[str] = set()
        for panel in panels:
            self.add(panel)

    def add(self, panel: Panel) -> None:
        """Register a panel; an id is given once."""
        if panel.id in self._ids:
            msg = f"two panels are called {panel.id}"
            raise ValueError(msg)
        self._ids.add(panel.id)
        neighbors = self._by_place.setdefault(panel.place, [])
        neighbors.append(panel)
        neighbors.sort(key=lambda each: (each.order, each.id))

    def render(self, place: str, request: Request, subject: object) -> list[Rendered]:
        """Return the panels of a place in order, without those that keep silent."""
        drawn = ((panel.id, panel.render(request, subject)) for panel in self._by_place.get(place, ()))
        return [Rendered(name, html) for name, html in drawn if html is not None]
