"""What holds for whoever builds the application, `modelyard up` or somebody else's program."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

_EMBEDDED = """
import sys
from pathlib import Path
import structlog
from modelyard.app import build_app
from modelyard.infra import Settings

{first}
build_app(Settings(data_dir=Path(sys.argv[1]), log_format="json"))

def fail(authorization):
    raise ValueError("broken")

try:
    fail("Bearer " + "my_" + "5" * 40)
except ValueError:
    structlog.get_logger("embedder").exception("request.failed")
"""


def _errors_of(tmp_path: Path, first: str = "") -> str:
    command = [sys.executable, "-c", _EMBEDDED.format(first=first), str(tmp_path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr


def test_an_embedded_server_s_log_holds_no_token(tmp_path: Path) -> None:
    told = _errors_of(tmp_path)
    (line,) = [line for line in told.splitlines() if "request.failed" in line]
    assert "ValueError: broken" in json.loads(line)["exception"]
    assert "my_555" not in told


@pytest.mark.parametrize("level", [logging.CRITICAL])
def test_logging_that_an_embedder_has_set_up_is_left_alone(tmp_path: Path, level: int) -> None:
    first = f"structlog.configure(wrapper_class=structlog.make_filtering_bound_logger({level}))"
    assert "request.failed" not in _errors_of(tmp_path, first)
