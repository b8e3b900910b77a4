"""Commit in a process of its own: `python committer.py DATABASE_URL DATA_DIR ACCOUNT NUMBER TURNS`."""

import sys
from pathlib import Path

from modelyard import hub
from modelyard.accounts import EVERY_SCOPE, Actor
from modelyard.hub import Message, RepoKind, RepoPath
from modelyard.infra import Settings, open_infra
from modelyard.kernel import AccountId


def main(database_url: str, data_dir: str, account: str, number: str, turns: str) -> None:
    """Add one file a commit, and change one that everybody changes."""
    actor = Actor(AccountId(account), "ada", EVERY_SCOPE)
    path = RepoPath(RepoKind.MODEL, "ada", "tiny")
    with open_infra(Settings(data_dir=Path(data_dir), database_url=database_url), migrated=True) as infra:
        for turn in range(int(turns)):
            draft = hub.open_draft(infra, actor=actor, path=path, revision="main")
            draft.add_file(f"p{number}/{turn}", f"{number} {turn}".encode())
            draft.add_file("shared", number.encode())
            draft.land(Message(f"process {number}, turn {turn}"))


if __name__ == "__main__":
    main(*sys.argv[1:])
