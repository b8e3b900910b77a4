"""Several processes commit to one branch, and none of them loses anything."""

import subprocess
import sys
from pathlib import Path

from modelyard import hub
from modelyard.accounts import Actor
from modelyard.infra import Infra
from tests.hub.conftest import Make

COMMITTER = Path(__file__).with_name("committer.py")
PROCESSES, TURNS = 3, 6


def test_processes_lose_no_update(infra: Infra, database_url: str, ada: Actor, make: Make, tmp_path: Path) -> None:
    repo = make()
    line = [sys.executable, str(COMMITTER), database_url, str(infra.settings.data_dir), str(ada.account)]
    running = [subprocess.Popen([*line, str(number), str(TURNS)]) for number in range(PROCESSES)]
    assert [process.wait(timeout=120) for process in running] == [0] * PROCESSES
    with infra.db.reader() as session:
        revision = hub.resolve(session, hub.see(session, actor=ada, path=repo.path), "main")
        paths = {item.path for item in hub.files(session, revision)}
        history = hub.log(session, revision, limit=100).items
        hub.export_bare(session, repo, tmp_path / "bare.git", infra.blobs)
    assert paths == {".gitattributes", "shared", *(f"p{n}/{turn}" for n in range(PROCESSES) for turn in range(TURNS))}
    assert len(history) == PROCESSES * TURNS + 1
    subprocess.run(
        ["git", "--git-dir", str(tmp_path / "bare.git"), "fsck", "--strict"], check=True, capture_output=True
    )
