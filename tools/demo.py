"""Play the main job with real clients over HTTP: publish a real model, serve it, sell a chat, print the receipt.

    python tools/demo.py             # then the server stays up, until Ctrl+C
    python tools/demo.py --once      # then the server ends, and the exit status says whether all went well

Everything lies in a fresh folder below var/, so a second run is as good as the first, also beside one that is still up.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # `python tools/demo.py` puts only tools/ there


def main() -> int:
    """Read the command line, play, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="end the server after the receipt")
    parser.add_argument("--receipt", type=Path, help="also write the receipt here, as JSON")
    parser.add_argument("--below", type=Path, default=ROOT / "var", help="make the fresh folder here; var/ without it")
    arguments = parser.parse_args()
    _prepare_environment()
    from tools.demonstration.play import Ended, play

    def end(number: int, _frame: object) -> None:
        raise Ended(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    return play(arguments.below.absolute(), once=arguments.once, receipt=arguments.receipt)


def _prepare_environment() -> None:
    """Leave out what a person has set for servers and hubs of their own; the clients read the rest when imported."""
    for name in [name for name in os.environ if name.startswith(("MODELYARD_", "HF_", "HUGGING", "OPENAI_"))]:
        del os.environ[name]
    for name in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


if __name__ == "__main__":
    sys.exit(main())
