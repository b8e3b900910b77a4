"""Who wants to hear of what; filled by the composition root, then read only."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from modelyard.infra.outbox.announce import Event

E = TypeVar("E", bound=Event)
Hear: TypeAlias = Callable[[Session, E, int], None]


class Consumers:
    """Consumers by their stable name; renaming one makes it a new one, which hears only what comes from then on."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], tuple[type[Event], Hear[Any]]] = {}

    def on(self, consumer: str, kind: type[E], hear: Hear[E]) -> None:
        """Call `hear(session, event, event_id)` for each event of a kind, in a unit of work; it must be short."""
        key = (kind.name, consumer)
        if key in self._heard:
            raise ValueError(f"{consumer} hears {kind.name} already")
        self._heard[key] = (kind, hear)

    def of(self, name: str) -> list[str]:
        """Return the consumers of an event name."""
        return [consumer for heard, consumer in self._heard if heard == name]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every consumer."""
        return tuple(dict.fromkeys(consumer for _, consumer in self._heard))

    def find(self, name: str, consumer: str) -> tuple[type[Event], Hear[Any]] | None:
        """Return the class and the function for an event name; None when this release has no such consumer."""
        return self._heard.get((name, consumer))
