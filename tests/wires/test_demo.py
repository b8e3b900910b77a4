"""`make demo` as a person runs it: SmolLM2, real clients, the receipt, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2

from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tools" / "demo.py"
PATIENCE = 240.0
ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")
AMOUNTS = ("prepaid", "held", "settled", "left", "still_held", "publisher", "platform")


@dataclass(frozen=True)
class Running:
    """A demo that plays, and what it has said so far."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def server(self) -> int:
        """The process of its server."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children}
        return next(child for child, command in commands.items() if b"up" in command)

    def comes_to(self, text: str) -> bool:
        return eventually(lambda: text in self.said or self.process.poll() is not None, PATIENCE) and text in self.said


@contextmanager
def demo(folder: Path, *options: str, language: str = "C.UTF-8") -> Iterator[Running]:
    """Play in the background, without a terminal; whatever happens, end it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    environment |= {"LANG": language, "PYTHONUTF8": "1", "PYTHONWARNINGS": "default"}
    folder.mkdir(exist_ok=True)
    log = folder / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, DEMO, "--below", folder, *options], stdout=out, stderr=out, env=environment
        )
    try:
        yield Running(process, log)
    finally:
        process.terminate()
        process.wait(timeout=90)


def gone(process: int) -> Callable[[], bool]:
    return lambda: not Path(f"/proc/{process}").exists()


def test_it_stays_up_and_a_second_run_beside_it_is_as_good(tmp_path: Path) -> None:
    with demo(tmp_path / "first", "--receipt", str(tmp_path / "receipt.json")) as first:
        assert first.comes_to("The server is up. Ctrl+C ends it."), first.said
        check_receipt(json.loads((tmp_path / "receipt.json").read_text()), first.said)
        open_its_pages(first.said)

        with demo(tmp_path / "second", "--once") as second:
            assert second.process.wait(timeout=PATIENCE) == 0, second.said
        check_printed(second.said)
        assert not set(ORIGIN.findall(first.said)) & set(ORIGIN.findall(second.said))
        assert not list((tmp_path / "second").glob("demo-*"))

        server = first.server
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=90) == 0, first.said
        assert eventually(gone(server))
    (folder,) = (tmp_path / "first").glob("demo-*")
    assert f"up --data {folder}/data" in first.said


def check_receipt(receipt: dict[str, Any], said: str) -> None:
    amounts = {name: Decimal(receipt[name]) for name in AMOUNTS}
    sale, books = receipt["sale"], receipt["books"]
    tokens = sale["answer"]["prompt_tokens"] + sale["answer"]["completion_tokens"]

    assert sale["answer"]["completion_tokens"] > 20
    assert amounts["settled"] == Decimal("0.005") * tokens / 1000
    assert amounts["held"] >= amounts["settled"]
    assert amounts["left"] == amounts["prepaid"] - amounts["settled"]
    assert amounts["publisher"] + amounts["platform"] == amounts["settled"]
    assert amounts["platform"] * 5 == amounts["settled"]
    assert amounts["still_held"] == 0
    assert (books["ok"], books["transactions"], books["findings"]) == (True, 2, [])
    assert ["SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432] in sale["published"]["files"]
    for figure in (f"{amounts['left']} CNY", sale["published"]["commit"], f"sha256 {sale['sha256']}"):
        assert figure in check_printed(said)


def check_printed(said: str) -> str:
    assert "Photosynthesis" in said
    for stage in ("queued", "verifying", "loading", "warm"):
        assert f"      {stage}\n" in said
    printed = said.partition("RECEIPT")[2]
    assert max(map(len, printed.splitlines())) <= 80
    return printed


def open_its_pages(said: str) -> None:
    """Sign in as each of the three with the printed password, and open the printed pages that each may see."""
    passwords = dict(re.findall(r"(?m)^    (keeper|publisher|customer) ·+ (\S{12})$", said))
    pages = re.findall(r"(?m)^    .* ·+ (http://\S+)$", said)
    opened: dict[str, set[str]] = {}
    for name, password in passwords.items():
        with httpx2.Client(follow_redirects=True, trust_env=False) as browser:
            entrance = ORIGIN.findall(said)[0] + "/login"
            (seal,) = re.findall(r'name="csrf" value="([^"]+)"', browser.get(entrance).text)[:1]
            signed = browser.post(entrance, data={"csrf": seal, "name": name, "password": password})
            assert signed.status_code == 200, signed.text
            opened[name] = {page for page in pages if browser.get(page).status_code == 200}
    assert len(pages) == 5
    assert opened["customer"] == set(pages[:4])
    assert opened["publisher"] == {page for page in pages[:4] if "/receipts/" not in page}
    assert pages[4] in opened["keeper"]


def test_ended_in_the_middle_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path, language="zh_CN.UTF-8") as run:
        assert run.comes_to("[3/10] 创建用户"), run.said
        server = run.server
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(timeout=90) == 128 + signal.SIGINT, run.said
        assert eventually(gone(server))
    assert run.said.endswith("已中断；没有留下任何运行中的进程。\n")
    assert not list(tmp_path.glob("demo-*"))


def test_a_step_that_fails_is_named_and_the_end_of_the_log_is_shown(tmp_path: Path) -> None:
    with demo(tmp_path, "--once") as run:
        assert run.comes_to("[3/10]"), run.said
        os.kill(run.server, signal.SIGKILL)
        assert run.process.wait(timeout=PATIENCE) == 1, run.said
    assert "FAILED at “Publish with huggingface_hub”" in run.said
    assert "The server ended by itself." in run.said
    assert "Modelyard is at http://127.0.0.1:" in run.said


def test_killed_it_takes_its_server_with_it(tmp_path: Path) -> None:
    with demo(tmp_path) as run:
        assert run.comes_to("[3/10]"), run.said
        server = run.server
        run.process.kill()
        assert eventually(gone(server), 30)
