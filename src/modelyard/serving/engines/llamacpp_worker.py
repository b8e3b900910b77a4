"""Serve one GGUF model with llama.cpp's HTTP server on a free loopback port, in a process of its own.

Run as a script by the supervisor, never imported by the server; it imports nothing of Modelyard, so that it is ready in
tens of milliseconds. Its orders are one JSON object in the environment variable `MODELYARD_ENGINE`, because arguments
can be read by everybody on the machine and the key is among them:

    {"path": ".../model.gguf", "alias": "owner/name", "key": "...", "slots": 4, "context": 4096, "threads": 2}

`context` is what one request may fill, `alias` the model's name in answers. The worker says `STAGE loading`, then
`READY {"url": ..., "engine": ...}` or `FAILED {"code": ..., "reason": ...}` on standard output; llama.cpp writes its
own log to standard error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib.metadata import version
from typing import Any

ORDERS = "MODELYARD_ENGINE"


def say(word: str, **data: object) -> None:
    """One line of the supervisor's protocol."""
    sys.stdout.write(f"{word} {json.dumps(data)}\n")
    sys.stdout.flush()


def parameters(orders: dict[str, Any]) -> Any:  # noqa: ANN401 - the package ships no types
    """llama.cpp's settings for these orders.

    Its defaults suit a desktop: any web page may call it, it serves a web page itself, tells of other people's requests
    under /slots, and may keep 8 GiB of old prompts. All of these are off here.
    """
    import xllamacpp

    p = xllamacpp.CommonParams()
    p.model.path = orders["path"]
    p.model_alias = {orders["alias"]}
    p.n_parallel = orders["slots"]
    p.n_ctx = orders["slots"] * orders["context"]  # llama.cpp divides it among the slots
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = orders["threads"]
    p.n_threads_http = orders["slots"] + 4  # because each open connection holds a thread, idle ones included
    p.hostnames, p.port, p.api_keys = ["127.0.0.1"], 0, [orders["key"]]
    p.cors_origins = p.cors_methods = p.cors_headers = ""
    p.cors_credentials = False
    p.ui = p.ui_mcp_proxy = False
    p.endpoint_slots = p.endpoint_props = p.endpoint_metrics = False
    p.cache_ram_mib = p.n_ctx_checkpoints = 0
    p.ctx_shift = False
    p.kv_unified = False
    p.fit_params = False
    p.use_jinja = True
    p.offline = True
    p.n_gpu_layers = 0
    p.verbosity = 1
    return p


def main() -> int:
    """Load, say READY, and serve until a signal."""
    orders = json.loads(os.environ.pop(ORDERS))  # noqa: TID251 - a process of its own, whose settings these are
    try:
        import xllamacpp
    except ImportError as error:
        say("FAILED", code="engine_missing", reason=f"the package xllamacpp cannot be loaded: {error}")
        return 1
    sys.stdout.write("STAGE loading\n")
    sys.stdout.flush()
    try:
        server = xllamacpp.Server(parameters(orders))
    except Exception as error:  # noqa: BLE001 - whatever the C++ side raises ends this worker with a reason
        say("FAILED", code="load_failed", reason=str(error))
        return 1
    say("READY", url=server.listening_address, engine=f"xllamacpp {version('xllamacpp')}")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


if __name__ == "__main__":
    os._exit(main())  # because llama.cpp's threads would keep a normal exit waiting
