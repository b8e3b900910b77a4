"""A wall that never fails is no wall: each contract is shown a break, in a copy of the package, and must report it.

A contract whose pattern matches nothing passes for ever, and reads as if it held.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.house.source import PACKAGE, ROOT

# Where each sin is put, and the contract that must notice it.
SINS = {
    "kernel/sin.py": ("import modelyard.infra", "Rooms are stacked"),
    "web/service.py": ("import starlette", "Only faces know HTTP"),
    "economics/sin.py": ("import sqlalchemy", "The kernel and economics are pure"),
    "web/rules.py": ("import modelyard.web.routes\nimport sqlalchemy", "Rules decide"),
    "web/routes.py": ("import xllamacpp", "Heavy engines"),
    "web/sin.py": ("import httpx2", "Calls leave through the one outbound client"),
    "infra/one.py": ("import modelyard.infra.two", "No import cycles"),
    "infra/two.py": ("import modelyard.infra.one", "No import cycles"),
}
INSIDE_A_ROOM = "Inside a room"  # web/rules.py imports a face


def test_each_wall_stops_what_it_is_there_to_stop(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "modelyard", ignore=shutil.ignore_patterns("__pycache__", "static", "*.po"))
    for name, (code, _) in SINS.items():
        (tmp_path / "modelyard" / name).write_text(f'"""A sin."""\n\n{code}\n')
    script = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [script, "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [line for line in run.stdout.splitlines() if " BROKEN" in line]
    for wall in {INSIDE_A_ROOM, *(wall for _, wall in SINS.values())}:
        assert any(line.startswith(wall) for line in broken), f"{wall}: not reported\n{run.stdout}{run.stderr}"
