"""The page of a repository: its card, its facts, and what other rooms have to say of it."""

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
from modelyard.web.routing import RawRoute

MAX_CARD_BYTES = 1024 * 1024
_MOST_REMEMBERED = 256


class OverviewPages:
    """The first page that people see of a repository."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cards: dict[tuple[str, str], Markup] = {}

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
        key = (show.address, entry.oid)
        if key not in self._cards:
            if len(self._cards) >= _MOST_REMEMBERED:
                self._cards.clear()
            item = reading.object_of(session, show.repository, entry, CARD_PATH)
            body = lenient_card(body_of(item, self._desk.infra.blobs)).body
            home = Home(show.address, show.revision.name)
            self._cards[key] = Markup(render(body, home))  # noqa: S704 - cleaned by `render`
        return self._cards[key]
