"""What an engine is asked for, and what it says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from modelyard.infra.processes import Command, Info


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model file tells of itself before it is loaded."""

    architecture: str
    name: str | None
    license: str | None
    context_length: int
    chat_template: str | None
    parameters: int
    size: int


@dataclass(frozen=True, slots=True)
class Orders:
    """How one model is to be served.

    `context` is the tokens of prompt and answer that one request may fill, `slots` the requests that run at once, and
    `alias` the public name that the engine puts into its answers.
    """

    path: Path
    alias: str
    key: str
    context: int
    slots: int
    threads: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What requests may ask of a model behind this engine."""

    chat: bool = True
    tools: bool = False
    json_schema: bool = True
    logprobs: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an OpenAI-speaking engine says, in each chunk of a stream, what the answer has cost so far.

    `extra` goes into each request. `cut` begins the engine's own last field of a chunk, which clients do not see; in it
    the group of `generated` is the count of tokens that one choice has so far, and those of `prompted` add up to the
    prompt's. `overlong` is the error type of a prompt that does not fit.
    """

    extra: Mapping[str, object]
    cut: bytes
    generated: re.Pattern[bytes]
    prompted: re.Pattern[bytes]
    overlong: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a loaded model answers, and with which key."""

    url: str
    key: str
    engine: str
    dialect: Dialect
    connections: int


class Engine(Protocol):
    """A runtime of models that speaks OpenAI's protocol on loopback, one process a model."""

    name: str

    def inspect(self, path: Path) -> ModelFacts:
        """Check a file without loading it; raises a `DomainError` that says why it cannot be served."""
        ...

    def capabilities(self, facts: ModelFacts) -> Capabilities:
        """What requests may ask of this model."""
        ...

    def command(self, orders: Orders) -> Command:
        """The process that serves these orders and says READY."""
        ...

    def endpoint(self, orders: Orders, info: Info) -> Endpoint:
        """Where the process answers, from what it said when it was READY."""
        ...
