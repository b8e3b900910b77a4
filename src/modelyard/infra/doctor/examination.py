"""Checks and findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import make_url

from modelyard.infra.db import Database
from modelyard.infra.settings import Settings
from modelyard.kernel import N_, Clock, DomainError
from modelyard.kernel.errors import Datum


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: marked sentences, whose braces `data` fills; `advice` is empty when all is well."""

    verdict: Verdict
    sentence: str
    advice: str
    data: Mapping[str, Datum]


def ok(sentence: str, **data: Datum) -> Finding:
    """Say that all is well."""
    return Finding(Verdict.OK, sentence, "", data)


def warn(sentence: str, advice: str, **data: Datum) -> Finding:
    """Say what will bite one day, and what to do."""
    return Finding(Verdict.WARN, sentence, advice, data)


def fail(sentence: str, advice: str, **data: Datum) -> Finding:
    """Say what does not work, and what to do."""
    return Finding(Verdict.FAIL, sentence, advice, data)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined."""

    settings: Settings
    clock: Clock

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database as it is, without migrating it."""
        db = Database(self.settings.resolved_database_url)
        try:
            yield db
        finally:
            db.close()

    @property
    def has_database(self) -> bool:
        """Whether there is a database to open: an SQLite file is not made by looking for it."""
        url = make_url(self.settings.resolved_database_url)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


Check: TypeAlias = Callable[[Patient], Finding]


@dataclass(frozen=True, slots=True)
class Examined:
    """A check's name and what it found."""

    check: str
    finding: Finding


def examine(patient: Patient, checks: Mapping[str, Check] | Iterable[tuple[str, Check]]) -> Iterator[Examined]:
    """Run the checks one after the other; one that breaks is a failure of what it looked at."""
    for name, check in checks.items() if isinstance(checks, Mapping) else checks:
        yield Examined(name, _found(patient, check))


def _found(patient: Patient, check: Check) -> Finding:
    try:
        return check(patient)
    except DomainError as error:
        return Finding(Verdict.FAIL, error.sentence, error.hint, error.data)
    except Exception as error:  # noqa: BLE001 - an installation may be broken in any way
        return fail(
            N_("This could not be examined: {error}"),
            N_("Correct what the message says; the checks above may tell more."),
            error=f"{type(error).__name__}: {error}".strip().splitlines()[0],
        )
