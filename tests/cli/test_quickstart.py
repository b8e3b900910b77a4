"""The quickstart is run as it stands: whoever copies its commands gets what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.support.yard import MICRO, MODELYARD, yard

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def commands(page: str) -> list[str]:
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def test_both_languages_give_the_same_commands() -> None:
    assert commands("quickstart.md") == commands("quickstart.zh.md")


def test_the_commands_lead_from_nothing_to_a_paid_answer(tmp_path: Path, sqlite_template: Path) -> None:
    start, *rest = commands("quickstart.md")
    assert "modelyard up --data var/yard" in start
    shutil.copy(MICRO, tmp_path / "model.gguf")
    with yard(tmp_path, template=sqlite_template) as server:
        server.start()
        script = "\n".join(["set -eu", *rest]).replace("http://127.0.0.1:8000", server.url)
        script = script.replace("var/yard", str(server.data))
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "HF_"))}
        mine = {"PATH": f"{MODELYARD.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env={**clean, **mine}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"alice/tiny-chat  dep_\w{26}  warm", done.stdout)
    assert "Hello! How can I help you?" in done.stdout
    assert "The platform's share" in done.stdout
    assert "2 transactions, 5 entries" in done.stdout
