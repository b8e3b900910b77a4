"""Wake a waiting thread of this process once the transaction that made work for it has committed."""

import threading
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.orm import Session

_TOPICS = "modelyard_signals"


class Signals:
    """Who wants to be woken about what; other processes find the work by looking now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wakers: dict[str, list[Callable[[], None]]] = {}

    def subscribe(self, topic: str, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that asked for the topic; it must return at once."""
        with self._lock:
            self._wakers.setdefault(topic, []).append(wake)

    def unsubscribe(self, topic: str, wake: Callable[[], None]) -> None:
        """Stop calling `wake`."""
        with self._lock, suppress(KeyError, ValueError):
            self._wakers[topic].remove(wake)

    def fire(self, session: Session) -> None:
        """Wake everybody whose topics this session, now committed, asked for."""
        for topic in session.info.pop(_TOPICS, ()):
            with self._lock:
                wakers = tuple(self._wakers.get(topic, ()))
            for wake in wakers:
                wake()


def wake_after_commit(session: Session, topic: str) -> None:
    """Ask that the subscribers of a topic are woken when this session's unit of work has committed."""
    session.info.setdefault(_TOPICS, set()).add(topic)
