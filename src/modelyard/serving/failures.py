"""Failures of a start on their way into a table and back: a code, and the data of its sentence."""

from __future__ import annotations

import re

from modelyard.infra.processes import StartFailed
from modelyard.kernel import DomainError
from modelyard.kernel.errors import Datum
from modelyard.serving.errors import (
    EngineCrashing,
    EngineMissing,
    EngineRefused,
    EngineSlow,
    GgufTooShort,
    GgufUnsound,
    GgufUnsupported,
    ModelFileAbsent,
    NotAGgufFile,
)

_KNOWN: dict[str, type[DomainError]] = {
    failure.code: failure
    for failure in (
        EngineCrashing,
        EngineMissing,
        EngineRefused,
        EngineSlow,
        GgufTooShort,
        GgufUnsound,
        GgufUnsupported,
        ModelFileAbsent,
        NotAGgufFile,
    )
}
_BY_PROCESS_CODE: dict[str, type[DomainError]] = {
    "engine_missing": EngineMissing,
    "load_failed": EngineRefused,
    "stage_timeout": EngineSlow,
}


_CAUSE = re.compile(r"error loading model: (.+)|(?:failed|unable) to (?:allocate|create) .+", re.IGNORECASE)


def of_process(error: StartFailed) -> DomainError:
    """What a process that did not become ready means for its model; the engine's log tells more than its exception."""
    causes = (_CAUSE.search(line) for line in error.tail)
    cause = next((found[1] or found[0] for found in causes if found), None)
    return _BY_PROCESS_CODE.get(error.code, EngineCrashing)(reason=(cause or error.reason)[:500].rstrip("."))


def revive(code: str | None, data: dict[str, Datum]) -> DomainError | None:
    """The failure of a stored code and its data; None when there was none."""
    if code is None:
        return None
    return _KNOWN.get(code, EngineCrashing)(field=None, **data)
