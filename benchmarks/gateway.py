"""The gateway with its ledger on, beside litellm, in front of the same trivial upstream, interleaved in one run.

Modelyard holds and settles every request durably (SQLite, synchronous=FULL); litellm persists nothing here. CPU is
counted for the server's process alone, from /proc, so that the upstream and the load generator do not count.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_server import COMMAND, SLOTS, sell
from common import ROOT, cpu_seconds, fdatasync_ms, free_port, heading, need, server, wait_for

SECONDS = 6
ROUNDS = 3
CONCURRENCY = (1, 16, 64)
LITELLM = Path(os.environ.get("LITELLM_PYTHON", ROOT / "var" / "litellm" / "bin" / "python"))
MASTER_KEY = "sk-benchmark-0123456789abcdef0123456789abcdef"
BODY = json.dumps({"model": "bench/trivial", "messages": [{"role": "user", "content": "Is it so?"}], "max_tokens": 8})
WRK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
wrk.body = [[{body}]]
done = function(summary, latency, requests)
  io.write(string.format('RESULT {{"requests": %d, "errors": %d, "p50": %.1f, "p95": %.1f, "p99": %.1f}}\\n',
    summary.requests, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Target:
    """Something that answers chat completions: where, with which key, and whose CPU counts."""

    name: str
    url: str
    key: str
    pid: int | None


@dataclass(frozen=True)
class Sample:
    """One run of the load generator; latencies in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    errors: int


def main() -> None:
    """Measure each target at each concurrency, in turns, and print medians."""
    need("wrk", "wrk")
    heading("Gateway, non-streaming chat, trivial upstream (goal: 0.25 ms CPU; 4,000/s at 64)")
    with ExitStack() as stack:
        upstream, upstream_pid = stack.enter_context(trivial())
        targets = [Target("direct", f"http://{upstream}", "none", upstream_pid)]
        targets += [stack.enter_context(modelyard()), stack.enter_context(modelyard(micro=True))]
        if LITELLM.exists():
            targets.append(stack.enter_context(litellm(upstream)))
        else:
            print(f"litellm is left out: no {LITELLM} (python -m venv, pip install 'litellm[proxy]')")
        samples = measure(targets)
        disk = fdatasync_ms(ROOT / "var")
    report(targets, samples, disk)


def measure(targets: list[Target]) -> dict[tuple[str, int], list[Sample]]:
    """Load every target at every concurrency, in turns; the first round only warms."""
    samples: dict[tuple[str, int], list[Sample]] = {}
    for turn in range(ROUNDS + 1):
        for concurrency in CONCURRENCY:
            for target in targets:
                sample = load(target, concurrency, SECONDS if turn else 2)
                if turn:
                    samples.setdefault((target.name, concurrency), []).append(sample)
    return samples


def load(target: Target, concurrency: int, seconds: int) -> Sample:
    """Run wrk once and read its figures."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK.format(key=target.key, body=BODY))
        script.flush()
        command = ["wrk", "-t1", f"-c{concurrency}", f"-d{seconds}s", "--timeout", "30s", "-s", script.name]
        before = cpu_seconds(target.pid, alone=True) if target.pid else 0
        out = subprocess.run(
            [*command, f"{target.url}/v1/chat/completions"], check=True, capture_output=True, text=True
        ).stdout
        cpu = cpu_seconds(target.pid, alone=True) - before if target.pid else 0
    line = next(line for line in out.splitlines() if line.startswith("RESULT"))
    result = json.loads(line.removeprefix("RESULT "))
    done = max(result["requests"], 1)
    p50, p95, p99 = (result[key] / 1000 for key in ("p50", "p95", "p99"))
    return Sample(done / seconds, p50, p95, p99, cpu * 1000 / done, result["errors"])


def report(targets: list[Target], samples: dict[tuple[str, int], list[Sample]], disk: float) -> None:
    """Print one row for each target and concurrency, and what the goals are about."""
    print(f"fdatasync of 4 KiB in this run: {disk:.3f} ms median")
    print("| target | concurrency | requests/s | p50 ms | p95 ms | p99 ms | CPU ms/request | errors |")
    print("|---|---|---|---|---|---|---|---|")
    for target in targets:
        for concurrency in CONCURRENCY:
            one = middle(samples[target.name, concurrency])
            print(
                f"| {target.name} | {concurrency} | {one.rate:,.0f} | {one.p50:.2f} | {one.p95:.2f} | {one.p99:.2f} "
                f"| {one.cpu_ms:.3f} | {one.errors} |"
            )
    ours, direct = middle(samples["Modelyard", 1]), middle(samples["direct", 1])
    beyond = ours.p50 - direct.p50 - 2 * disk
    print(f"added p50 at concurrency 1: {ours.p50 - direct.p50:.2f} ms; beyond two fdatasyncs: {beyond:.2f} ms")
    if ("litellm", 1) in samples:
        for concurrency in CONCURRENCY:
            mine, theirs = middle(samples["Modelyard", concurrency]), middle(samples["litellm", concurrency])
            rate, cpu = mine.rate / theirs.rate, theirs.cpu_ms / mine.cpu_ms
            print(f"against litellm at {concurrency}: {rate:.1f} times the rate, 1/{cpu:.0f} of the CPU")


def middle(samples: list[Sample]) -> Sample:
    """Return the sample of median rate."""
    return sorted(samples, key=lambda sample: sample.rate)[len(samples) // 2]


@contextmanager
def trivial() -> Iterator[tuple[str, int]]:
    """Run the trivial upstream; yield its address and process id."""
    script = Path(__file__).with_name("trivial_upstream.py")
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield json.loads(line.removeprefix("READY "))["addr"], process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def modelyard(*, micro: bool = False) -> Iterator[Target]:
    """Run a server with a price and a customer with credit, in front of the trivial upstream or of the micro model."""
    with server(None if micro else COMMAND) as running:
        name = "Modelyard, micro model" if micro else "Modelyard"
        yield Target(name, running.url, sell(running, slots=8 if micro else SLOTS), running.process.pid)


@contextmanager
def litellm(upstream: str) -> Iterator[Target]:
    """Run litellm's proxy, one worker, without a database."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        model = {"model": "openai/trivial", "api_base": f"http://{upstream}/v1", "api_key": "none"}
        config.write_text(json.dumps({"model_list": [{"model_name": "bench/trivial", "litellm_params": model}]}))
        environment = {**os.environ, "LITELLM_MASTER_KEY": MASTER_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [LITELLM.parent / "litellm", "--config", config, "--host", "127.0.0.1", "--port", str(port)],
                env={**environment, "LITELLM_LOG": "ERROR"},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(f"http://127.0.0.1:{port}/health/liveliness", process)
            time.sleep(1)
            yield Target("litellm", f"http://127.0.0.1:{port}", MASTER_KEY, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


if __name__ == "__main__":
    main()
