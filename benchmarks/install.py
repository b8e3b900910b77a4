"""Size and time of an install from the locks, in an environment of its own, pip left out."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, heading

GOALS = {"core": 250, "cpu": 500}


def main() -> None:
    """Install the core, then the core with the CPU engine, and print megabytes and seconds."""
    heading("Install (goal: core 250 MB, with `cpu` 500 MB, 60 s)")
    print("| lock | MB on disk, pip left out | goal | seconds, wheels cached by pip |\n|---|---|---|---|")
    for name, goal in GOALS.items():
        folder = Path(tempfile.mkdtemp(prefix="modelyard-install-"))
        try:
            seconds = install(folder, name)
            print(f"| {name} | {megabytes(folder):.0f} | {goal} | {seconds:.1f} |")
        finally:
            shutil.rmtree(folder)


def install(folder: Path, name: str) -> float:
    """Make an environment in the folder and install one lock and the package; return the seconds it took."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    lock = ROOT / "requirements" / f"{name}.txt"
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", ROOT], check=True)
    return time.perf_counter() - started


def megabytes(folder: Path) -> float:
    """Return what the environment holds on disk in MB (10^6 bytes), without pip and setuptools."""
    total = 0
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        ours = not any(part.split("-")[0] in {"pip", "setuptools", "pkg_resources"} for part in inside)
        if ours and path.is_file() and not path.is_symlink():
            total += path.stat().st_blocks * 512
    return total / 1e6


if __name__ == "__main__":
    main()
