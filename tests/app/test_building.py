"""What holds for whoever builds the application, `modelyard up` or somebody else's program."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from modelyard.app import build_app
from modelyard.infra import Infra
from modelyard.web.bodies import MAX_BODY_BYTES

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


def _pieces(size: int) -> Iterator[bytes]:
    yield from (b"a" * 65536 for _ in range(size // 65536 + 1))


def test_no_address_holds_a_body_without_end_in_memory(sqlite_infra: Infra) -> None:
    app = build_app(sqlite_infra.settings, migrated=True)
    form, json_ = "application/x-www-form-urlencoded", "application/json"
    with TestClient(app) as client:
        for path, kind in (
            ("/api/v1/repositories", json_),
            ("/api/repos/create", json_),
            ("/login", form),
            ("/login", "multipart/form-data; boundary=x"),
        ):
            for body in (b"a" * (MAX_BODY_BYTES + 1), _pieces(MAX_BODY_BYTES)):
                answer = client.post(path, content=body, headers={"Content-Type": kind})
                assert answer.status_code in {400, 413}, path
        for body in (b"a" * (MAX_BODY_BYTES + 1), _pieces(MAX_BODY_BYTES)):
            told = client.post("/api/v1/repositories", content=body, headers={"Content-Type": json_})
            assert (told.status_code, told.json()["code"]) == (413, "too_large")
        wire = client.post("/api/repos/create", content=b"a" * (MAX_BODY_BYTES + 1))
        assert (wire.status_code, wire.headers["x-error-code"]) == (413, "TooLarge")
        # What is read in pieces has bounds of its own.
        assert client.put("/_lfs/upload/a/b", content=b"a" * (MAX_BODY_BYTES + 1)).status_code == 403
        commit = "/api/models/ada/none/commit/main"
        assert client.post(commit, content=b"a" * (MAX_BODY_BYTES + 1)).status_code == 404
