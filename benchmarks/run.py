"""Run every benchmark, one after the other, each in a process of its own: `make bench`."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ORDER = ("install", "start", "metering", "gateway", "hub", "download")


def main() -> int:
    """Run the named benchmarks, or all of them, and return 1 when one could not be measured."""
    names = sys.argv[1:] or ORDER
    (FOLDER.parent / "var").mkdir(exist_ok=True)
    failed = [name for name in names if subprocess.run([sys.executable, FOLDER / f"{name}.py"], check=False).returncode]
    if failed:
        print(f"could not be measured: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
