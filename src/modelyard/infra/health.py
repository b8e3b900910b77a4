"""Is this server ready to serve? Questions with an answer each, asked by load balancers and by people."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import text

from modelyard.infra import migrate
from modelyard.infra.kit import Infra

MIN_FREE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one part is ready, and what is the matter when it is not; no secrets, strangers may read it."""

    ready: bool
    detail: str = ""


Question: TypeAlias = Callable[[], Answer]


class Readiness:
    """The questions that must all be answered with yes."""

    def __init__(self) -> None:
        self._questions: dict[str, Question] = {}

    @classmethod
    def of(cls, infra: Infra) -> "Readiness":
        """Return the questions about the infrastructure; rooms add theirs."""
        readiness = cls()
        readiness.ask("database", lambda: _database(infra))
        readiness.ask("migrations", lambda: _migrations(infra))
        readiness.ask_thread("writer", lambda: infra.writer.alive)
        readiness.ask("disk", lambda: _disk(infra))
        return readiness

    def ask(self, part: str, question: Question) -> None:
        """Add a question about a part; one that raises is answered with no."""
        self._questions[part] = question

    def ask_thread(self, part: str, is_alive: Callable[[], bool]) -> None:
        """Add the question whether the thread of a part still runs."""

        def question() -> Answer:
            alive = is_alive()
            return Answer(alive, "" if alive else "it has stopped")

        self.ask(part, question)

    def answers(self) -> dict[str, Answer]:
        """Ask everything, by part."""
        return {part: _asked(question) for part, question in self._questions.items()}


def _asked(question: Question) -> Answer:
    try:
        return question()
    except Exception as error:  # noqa: BLE001 - whatever it raised, the part is not ready
        return Answer(ready=False, detail=type(error).__name__)


def _database(infra: Infra) -> Answer:
    with infra.db.reader() as session:
        session.execute(text("SELECT 1"))
    return Answer(ready=True)


def _migrations(infra: Infra) -> Answer:
    current, head = migrate.current(infra.db), migrate.head()
    return Answer(current == head, "" if current == head else f"at {current}, this release needs {head}")


def _disk(infra: Infra) -> Answer:
    free = shutil.disk_usage(infra.settings.data_dir).free
    return Answer(free >= MIN_FREE_BYTES, f"{free // 1024**2} MiB free")
