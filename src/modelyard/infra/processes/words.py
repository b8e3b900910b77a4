"""The words of supervision: what to run, how patiently, and what happened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

Info: TypeAlias = Mapping[str, object]
"""What a child says of itself in its READY line: a JSON object, read-only."""


@dataclass(frozen=True, slots=True)
class Command:
    """One program to run.

    `env` is the child's whole environment: nothing is inherited. `secrets` (its API key, say) never reach the log.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    A child that prints `STAGE loading` is given `stages["loading"]` from then until its next stage or READY; a stage
    without an entry, and the time before the first, have `stage`. `grace` lies between SIGTERM and SIGKILL.
    """

    stage: float = 60.0
    stages: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    grace: float = 10.0

    def of(self, stage: str) -> float:
        """The seconds that a stage may take."""
        return self.stages.get(stage, self.stage)


@dataclass(frozen=True, slots=True)
class Restart:
    """When a child that died is started again, in seconds.

    The n-th restart in a row waits `first * factor**n`, at most `cap`, less up to the share `jitter` of it by chance.
    A child that was ready for `stable` seconds starts the count anew. After `crashes` deaths within `window` the
    supervisor gives up.
    """

    first: float = 0.5
    factor: float = 2.0
    cap: float = 30.0
    jitter: float = 0.25
    stable: float = 60.0
    crashes: int = 5
    window: float = 300.0

    def delay(self, restarts: int, chance: float) -> float:
        """Seconds before the next start after `restarts` in a row; `chance` is in [0, 1)."""
        whole = min(self.cap, self.first * self.factor ** min(restarts, 64))
        return whole * (1.0 - self.jitter * chance)


class State(StrEnum):
    """Where a supervised child stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    STOPPING = "stopping"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child ended: an exit `code`, or the `signal` that killed it; `tail` is the end of its log."""

    code: int | None
    signal: int | None
    tail: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"killed by signal {self.signal}" if self.signal is not None else f"exited with code {self.code}"


@dataclass(frozen=True, slots=True)
class Started:
    """A child was spawned; `attempt` counts from 1 since the last stable run."""

    pid: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A child that starts has reached a stage of its own naming."""

    pid: int
    stage: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A child is ready; `seconds` since its spawn."""

    pid: int
    info: Info
    seconds: float


@dataclass(frozen=True, slots=True)
class Exited:
    """A child ended, asked to or not."""

    pid: int
    exit: Exit
    asked: bool


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No further restart will be tried until `start()` is called again.

    `code` is the child's own (from its FAILED line), or one of `crash_loop`, `stage_timeout`, `bad_ready_line`,
    `cannot_spawn`.
    """

    code: str
    reason: str


Event: TypeAlias = Started | Staged | Ready | Exited | GaveUp
Notify: TypeAlias = Callable[[Event], None]


class StartFailed(Exception):
    """A child did not become ready.

    `final` when trying again cannot help: the child said FAILED, or its program cannot be run.
    """

    def __init__(self, code: str, reason: str, *, final: bool, tail: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.final = final
        self.tail = tail
