"""The page of a repository: its card, its facts, and what other rooms have to say of it."""

from collections.abc import Callable
from threading import Lock

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from modelyard.hub.content import body_of
from modelyard.hub.errors import EntryNotFound
from modelyard.hub.pages.desk import REPO, Desk, Showcase
from modelyard.hub.rules.cards import CARD_PATH, lenient_card
from modelyard.hub.rules.markdown import Home, render
from modelyard.hub.service import reading
from modelyard.hub.values import GitObject
from modelyard.web.routing import RawRoute

MAX_CARD_BYTES = 1024 * 1024
_MOST_REMEMBERED = 8 * 1024 * 1024  # characters


class OverviewPages:
    """The first page that people see of a repository."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cards = _Cards()

    def routes(self) -> list[RawRoute]:
        """Return the route."""
        return [self._desk.route(REPO, self.card)]

    def card(self, request: Request, session: Session, show: Showcase) -> Response:
        """Show the card, with the panels of this kind of repository."""
        kind = show.repository.path.kind.value
        return self._desk.page(
            request,
            "hub/card.html",
            show,
            tab="card",
            card=self._card(session, show),
            main=self._desk.panels.render(f"{kind}.main", request, show),
            side=self._desk.panels.render(f"{kind}.side", request, show),
        )

    def _card(self, session: Session, show: Showcase) -> Markup | None:
        """Return the card as HTML, rendered once for each content and place."""
        try:
            entry = reading.file_at(session, show.revision, CARD_PATH)
        except EntryNotFound:
            return None
        if entry.large or entry.size > MAX_CARD_BYTES:
            return None
        item = reading.object_of(session, show.repository, entry, CARD_PATH)
        return self._cards.find((show.address, entry.oid), lambda: self._rendered(item, show))

    def _rendered(self, item: GitObject, show: Showcase) -> Markup:
        body = lenient_card(body_of(item, self._desk.infra.blobs)).body
        return Markup(render(body, Home(show.address, show.revision.name)))  # noqa: S704 - cleaned by `render`


class _Cards:
    """Rendered cards by place and content, the oldest forgotten first when they are too much for the memory.

    One is rendered at a time: a hostile card takes seconds, and must not take them in every worker thread at once.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Markup] = {}
        self._size = 0
        self._rendering = Lock()

    def find(self, key: tuple[str, str], render_it: Callable[[], Markup]) -> Markup:
        """Return the card, rendered now if it is not remembered."""
        known = self._known.get(key)
        if known is not None:
            return known
        with self._rendering:
            if key not in self._known:
                self._keep(key, render_it())
            return self._known[key]

    def _keep(self, key: tuple[str, str], card: Markup) -> None:
        self._size += len(card)
        while self._known and self._size > _MOST_REMEMBERED:
            self._size -= len(self._known.pop(next(iter(self._known))))
        self._known[key] = card
