"""A catalog kept in a list: it filters, orders and hides as the port promises, without a database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from modelyard.accounts import Actor
from modelyard.kernel import CURRENCIES, Money, Page
from modelyard.portal import Facet, FacetValue, RepoCard, TokenPrice, Wish

DAY = datetime(2025, 12, 31, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEN = Money.parse("0.005", CURRENCIES["CNY"])


class Shelf:
    """Cards in memory; a private card is seen by its owner."""

    def __init__(self, cards: Sequence[RepoCard] = ()) -> None:
        self.cards = list(cards)

    def search(self, session: Session, *, actor: Actor, wish: Wish) -> Page[RepoCard]:
        found = self._fitting(actor, wish)
        found.sort(key=lambda card: _rank(card, wish.sort), reverse=True)
        start = int(wish.cursor or 0)
        end = start + wish.limit
        return Page(found[start:end], str(end) if end < len(found) else None)

    def facets(self, session: Session, *, actor: Actor, wish: Wish) -> Sequence[Facet]:
        every = self._fitting(actor, replace(wish, filters={}))
        return [
            Facet(name, [FacetValue(value, count) for value, count in counts.most_common()])
            for name in ("task", "license")
            if (counts := Counter(value for card in every if (value := getattr(card, name))))
        ]

    def _fitting(self, actor: Actor, wish: Wish) -> list[RepoCard]:
        return [
            card
            for card in self.cards
            if card.kind == wish.kind
            and (not card.private or card.owner == actor.name)
            and wish.text.lower() in f"{card.owner}/{card.name}".lower()
            and wish.owner in ("", card.owner)
            and all(getattr(card, name, None) == value for name, value in wish.filters.items())
        ]


def _rank(card: RepoCard, sort: str) -> datetime | int:
    return {"downloads": card.downloads, "likes": card.likes}.get(sort, card.updated_at)


def card(owner: str, name: str, **changes: object) -> RepoCard:
    """Return a public model of yesterday, changed as told."""
    plain = RepoCard("model", owner, name, f"/{owner}/{name}", DAY)
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test's shorthand


SAMPLES = (
    card(
        "acme",
        "tiny-chat",
        task="text-generation",
        license="apache-2.0",
        downloads=48213,
        likes=312,
        serving=True,
        price=TokenPrice(FEN, FEN),
    ),
    card("lin", "SmolLM2-135M-Instruct", task="text-generation", license="apache-2.0", downloads=1290, serving=True),
    card("open-lab", "bge-small-zh", task="sentence-similarity", license="mit", downloads=920311, likes=1204),
    card("lin", "draft-with-a-rather-long-name-for-a-model-of-its-kind", private=True, updated_at=DAY - HOUR),
    card("acme", "whisper-yard", task="automatic-speech-recognition", license="llama3", downloads=77),
    card("acme", "poems", kind="dataset", address="/datasets/acme/poems", license="cc-by-4.0", downloads=412),
)
