"""Count downloads: one for each caller, repository and hour, whatever the number of files."""

import threading
from contextlib import suppress
from datetime import datetime

from modelyard.infra import Statements, Writer, to_micros
from modelyard.kernel import Clock, DomainError, RepoId

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_MOST_REMEMBERED = 100_000
_ADD_DAY = """
INSERT INTO hub_download (repository_id, day, count) VALUES (?, ?, 1)
ON CONFLICT (repository_id, day) DO UPDATE SET count = hub_download.count + 1
"""
_ADD = "UPDATE hub_repository SET downloads = downloads + 1 WHERE id = ?"


class DownloadCounter:
    """Remembers who downloaded what in this hour, so that the files of one download count once.

    A restart forgets it, and then counts a download at most once more. Callers never wait for the count.
    """

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._lock = threading.Lock()
        self._hour = 0
        self._seen: set[tuple[RepoId, str]] = set()

    def count(self, repository: RepoId, caller: str) -> None:
        """Note that a caller (an account id or an address) downloads from a repository."""
        now = self._clock.now()
        if self._is_new(repository, caller, now):
            day = to_micros(now) // _DAY
            with suppress(DomainError):  # a busy or closing writer must not fail a download over its count
                self._writer.submit(lambda statements: _add(statements, repository, day))

    def _is_new(self, repository: RepoId, caller: str, now: datetime) -> bool:
        hour = to_micros(now) // _HOUR
        with self._lock:
            if hour != self._hour or len(self._seen) >= _MOST_REMEMBERED:
                self._hour = hour
                self._seen.clear()
            if (repository, caller) in self._seen:
                return False
            self._seen.add((repository, caller))
            return True


def _add(statements: Statements, repository: RepoId, day: int) -> None:
    statements.execute(_ADD_DAY, (repository, day))
    statements.execute(_ADD, (repository,))
