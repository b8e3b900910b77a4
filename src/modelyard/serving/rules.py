"""Decisions of serving: which settings are sound, how much a request may use, when a failed start is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from modelyard.serving.errors import DeploymentUnsound


class Desired(StrEnum):
    """What its publisher wants of a deployment."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"


class Stage(StrEnum):
    """Where a deployment stands; the first four follow each other when a model starts."""

    QUEUED = "queued"
    VERIFYING = "verifying"
    LOADING = "loading"
    WARM = "warm"
    ASLEEP = "asleep"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Shape:
    """The settings of a deployment: tokens, tokens, tokens, requests at once, seconds.

    `context` holds prompt and answer of one request; the model's own limit wins when it is smaller. An answer has
    `default_output` tokens at most unless the request says otherwise, and never more than `max_output`. After
    `idle_stop` seconds without a request the engine is stopped and its memory given back; 0 keeps it.
    """

    context: int = 4096
    slots: int = 4
    default_output: int = 512
    max_output: int = 4096
    idle_stop: int = 900


_RANGES = {
    "context": (64, 1 << 20),
    "slots": (1, 64),
    "default_output": (1, 1 << 20),
    "max_output": (1, 1 << 20),
    "idle_stop": (0, 30 * 24 * 3600),
}


def check_shape(shape: Shape) -> None:
    """Raise `DeploymentUnsound` for the first setting that is out of its range."""
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(shape, name) <= most:
            raise DeploymentUnsound(field=name, name=name, least=least, most=most)
    if shape.default_output > shape.max_output:
        raise DeploymentUnsound(field="default_output", name="default_output", least=1, most=shape.max_output)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one request can use, in tokens; `each` is what one of its choices may generate."""

    prompt: int
    each: int
    choices: int

    @property
    def completion(self) -> int:
        """The most that all choices together can generate."""
        return self.each * self.choices


TEMPLATE = 1024
"""Tokens that a template may add at its customer's cost: the frame of a message, a default instruction."""


def bound(shape: Shape, *, size: int, asked: int | None, choices: int) -> Bound:
    """Bound a request of `size` bytes: by its bytes and `TEMPLATE`, or by the context where that is less.

    A token covers at least one byte of the text that it stands for, so that the bound covers all that the customer
    wrote. It does not cover all that a template may make of it, because templates belong to publishers and can say
    anything: what a prompt has beyond the bound is charged to nobody, and its publisher is not paid for it. The same
    request has the same bound, whether its model is loaded or not.
    """
    each = min(asked or shape.default_output, shape.max_output, shape.context)
    return Bound(min(shape.context, size + TEMPLATE), each, choices)


def pause(failures: int) -> float:
    """Seconds for which a model that failed so many times in a row is not started by a request again."""
    return float(min(300, 5 * 2 ** (min(failures, 10) - 1))) if failures else 0.0
