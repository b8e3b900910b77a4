"""A server like any other, but its engine is the trivial upstream, and who sells it what to whom.

Run as `python bench_server.py --data DIR --host H --port P`, in the place of `modelyard up`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from common import Server

from modelyard.app import build_app
from modelyard.cli.graceful import GracefulServer, configured
from modelyard.infra import Settings
from modelyard.infra.processes import Command, Info
from modelyard.infra.startup import bind
from modelyard.infra.telemetry import configure_logging
from modelyard.serving.engines import Capabilities, Dialect, Endpoint, ModelFacts, Orders

COMMAND = [sys.executable, str(Path(__file__).resolve())]
SLOTS = 64
PUSH = """
import sys
from huggingface_hub import HfApi
endpoint, token, path = sys.argv[1:]
api = HfApi(endpoint=endpoint, token=token)
api.create_repo("bench/trivial")
api.upload_file(path_or_fileobj=path, path_in_repo="trivial.gguf", repo_id="bench/trivial")
"""
MICRO = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "micro-chat.gguf"
RATE = {"amount": "0.005", "currency": "CNY"}


class Trivial:
    """An engine that takes any file and gives one canned answer."""

    name = "llamacpp"

    def inspect(self, path: Path) -> ModelFacts:
        """Find nothing wrong with it."""
        return ModelFacts("trivial", "trivial", None, 4096, "{{ messages }}", 1, path.stat().st_size)

    def capabilities(self, _facts: ModelFacts) -> Capabilities:
        """Allow everything."""
        return Capabilities()

    def command(self, _orders: Orders) -> Command:
        """Run the canned answer in a process of its own."""
        return Command((sys.executable, str(Path(__file__).with_name("trivial_upstream.py"))), {})

    def endpoint(self, orders: Orders, info: Info) -> Endpoint:
        """Say where it listens."""
        nothing = re.compile(rb'"predicted_n":(\d+)')
        dialect = Dialect({}, b',"timings":{', nothing, nothing, "exceed_context_size_error")
        return Endpoint(f"http://{info['addr']}", orders.key, "trivial", dialect, SLOTS + 16)


def sell(server: Server, *, slots: int = SLOTS) -> str:
    """Publish, deploy and price a model, give a customer credit, wait until it answers; return the customer's token."""
    tokens = {}
    for name, *options in (("mayor", "--admin"), ("bench",), ("buyer",)):
        server.admin("create-user", name, *options)
        tokens[name] = server.admin("create-token", name, "--role", "write")
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    push = [sys.executable, "-c", PUSH, server.url, tokens["bench"], MICRO]
    subprocess.run(push, check=True, env=environment, capture_output=True)
    wish = {"repo": "bench/trivial", "file": "trivial.gguf", "slots": slots, "context": 512, "max_output": 256}
    made = server.call("POST", "/api/v1/deployments", tokens["bench"], wish)
    assert isinstance(made, dict)
    price = {"prompt": RATE, "completion": RATE, "per_tokens": 1000}
    server.call("PUT", f"/api/v1/deployments/{made['id']}/price", tokens["bench"], price)
    credit = {"amount": {"amount": "1000000", "currency": "CNY"}, "key": "bench"}
    server.call("POST", "/api/v1/accounts/buyer/credit", tokens["mayor"], credit)
    _wait_until_it_answers(server, tokens["buyer"])
    return tokens["buyer"]


def _wait_until_it_answers(server: Server, token: str) -> None:
    question = {"model": "bench/trivial", "messages": [{"role": "user", "content": "Is it so?"}], "max_tokens": 8}
    for _ in range(100):
        try:
            print("answers:", json.dumps(server.call("POST", "/v1/chat/completions", token, question))[-120:])
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the model does not answer")


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    settings = Settings(data_dir=given.data, host=given.host, port=given.port)
    configure_logging("json", "warning")
    taken = bind(settings)
    app = build_app(settings, engines={"llamacpp": Trivial()})
    GracefulServer(configured(app), lambda: None).run(sockets=[taken])


if __name__ == "__main__":
    main()
