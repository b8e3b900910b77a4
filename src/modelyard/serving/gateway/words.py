"""What wires ask of the gateway, in no wire's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias

from modelyard.accounts import Actor
from modelyard.metering import Receipt, Usage
from modelyard.pricing import Timeline
from modelyard.serving.values import Deployment

Who: TypeAlias = str | Actor | None
"""An access token as it was presented, somebody who is signed in already, or nobody."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request for an answer, already validated.

    `path` and `body` are what the engine is sent; the gateway sets the limits and the stream's options itself. `size`
    is the bytes of the client's own request, which bound its prompt. `request` is an id that was minted for it; `key`
    is the client's own name for it, if any: under one key an account is answered once.
    """

    request: str
    model: str
    path: str
    body: dict[str, object]
    size: int
    choices: int = 1
    max_tokens: int | None = None
    key: str | None = None
    chat: bool = True
    tools: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the snapshot knows of a caller and a model, and of which epoch that is."""

    actor: Actor
    deployment: Deployment
    prices: Timeline | None
    epoch: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What an answer used: `cached` of its prompt tokens the engine had computed before."""

    prompt: int
    completion: int
    cached: int = 0

    @property
    def usage(self) -> Usage:
        """The counts as metering takes them."""
        return Usage(self.prompt, self.completion)


@dataclass(slots=True)
class Timing:
    """Milliseconds of the parts of one request, in the order in which they happened, from when this was made."""

    parts: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=perf_counter)

    def lap(self, name: str) -> None:
        """Note the milliseconds since the last lap."""
        now = perf_counter()
        self.parts[name] = (now - self.since) * 1000
        self.since = now

    def header(self) -> str:
        """The value of a Server-Timing header."""
        return ", ".join(f"{name};dur={milliseconds:.2f}" for name, milliseconds in self.parts.items())


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer in one piece: the engine's JSON without what is its own business."""

    body: bytes
    spent: Spent
    receipt: Receipt
    timing: Timing
