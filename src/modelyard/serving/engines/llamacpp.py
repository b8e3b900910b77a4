"""llama.cpp's own server, from the package xllamacpp, in a process of its own for each model."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from modelyard.infra.processes import Command, Info
from modelyard.serving.engines import gguf
from modelyard.serving.engines.words import Capabilities, Dialect, Endpoint, ModelFacts, Orders

_WORKER = str(Path(__file__).with_name("llamacpp_worker.py"))
_DIALECT = Dialect(
    extra={"timings_per_token": True},
    cut=b',"timings":{',
    generated=re.compile(rb'"predicted_n":(\d+)'),
    prompted=re.compile(rb'"(?:cache|prompt)_n":(\d+)'),
    overlong="exceed_context_size_error",
)


class LlamaCpp:
    """GGUF models on the processors of this machine.

    `spin` lets OpenMP's threads wait busily: faster on a machine of its own, but eight times slower on a shared one,
    where they collide with everything else.
    """

    name = "llamacpp"

    def __init__(self, *, spin: bool = False) -> None:
        self._spin = spin

    def inspect(self, path: Path) -> ModelFacts:
        """Check the GGUF header; raises a `DomainError` that says what is wrong."""
        return gguf.inspect(path)

    def capabilities(self, facts: ModelFacts) -> Capabilities:
        """Tools need a chat template that renders them."""
        return Capabilities(chat=facts.chat_template is not None, tools="tools" in (facts.chat_template or ""))

    def command(self, orders: Orders) -> Command:
        """The worker script with its orders in the environment, where other users cannot read them.

        Publishers read the log, so the file's place on this machine stays out of it like the key.
        """
        said = {
            "path": str(orders.path),
            "alias": orders.alias,
            "key": orders.key,
            "slots": orders.slots,
            "context": orders.context,
            "threads": orders.threads,
        }
        environment = {"MODELYARD_ENGINE": json.dumps(said), "LC_ALL": "C.UTF-8"}
        if not self._spin:
            environment |= {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
        return Command((sys.executable, "-I", _WORKER), environment, secrets=(orders.key, str(orders.path)))

    def endpoint(self, orders: Orders, info: Info) -> Endpoint:
        """Where the worker listens; as many connections as it has threads to answer them."""
        return Endpoint(
            url=str(info["url"]),
            key=orders.key,
            engine=str(info["engine"]),
            dialect=_DIALECT,
            connections=orders.slots + 2,
        )
