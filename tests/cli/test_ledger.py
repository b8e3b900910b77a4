"""`modelyard ledger verify`: green on sound books, exit code 1 and the place of the fault on broken ones."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from modelyard.cli.main import run
from modelyard.infra import Database, Settings, SystemClock, Writer
from modelyard.metering import Usage
from tests.metering.bank import Bank


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one settled request."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    shutil.copy(sqlite_template, tmp_path / "modelyard.db")
    db = database(tmp_path)
    writer = Writer(db)
    bank = Bank(db, writer, SystemClock())
    bank.top_up("1")
    bank.settle(bank.reserve(bank.ask(bank.price())), Usage(3, 4))
    writer.close()
    db.close()
    return tmp_path


def database(data: Path) -> Database:
    return Database(Settings(data_dir=data).resolved_database_url)


def test_sound_books(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "verify", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "ok  balanced" in said
    assert said.endswith("2 transactions, 5 entries\n")


def test_broken_books_name_the_fault(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = database(data)
    with db.unit() as session:
        session.execute(text("UPDATE wallet SET posted_atoms = posted_atoms + 1"))
    db.close()
    assert run(["ledger", "verify", "--data", str(data), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["check"] for each in report["findings"]]) == (False, ["wallet_posted"])
    assert run(["ledger", "verify", "--data", str(data)]) == 1
    assert "BROKEN  wallet_posted" in capsys.readouterr().out
