"""Failures of a start on their way into a table and back: a code, and the data of its sentence."""

from __future__ import annotations

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


def of_process(error: StartFailed) -> DomainError:
    """What a process that did not become ready means for its model."""
    return _BY_PROCESS_CODE.get(error.code, EngineCrashing)(reason=error.reason)


def revive(code: str | None, data: dict[str, Datum]) -> DomainError | None:
    """The failure of a stored code and its data; None when there was none."""
    if code is None:
        return None
    return _KNOWN.get(code, EngineCrashing)(field=None, **data)
