"""The doctor sees what is wrong, says what to do, and changes nothing."""

import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from modelyard.infra import Database, Infra, Settings, SystemClock, jobs, migrate
from modelyard.infra.doctor import (
    INSTALLATION,
    MACHINE,
    Finding,
    Patient,
    Verdict,
    examine,
    fail,
    loads,
    ok,
)
from modelyard.infra.jobs import GiveUp, Handlers, Worker
from modelyard.infra.startup import only_server
from modelyard.kernel import InvalidInput, ManualClock
from tests.infra.test_jobs import Index

ALL = {**MACHINE, **INSTALLATION}


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def healthy(infra: Infra) -> Patient:
    """An installation in order, on both databases, when the real clock is asked."""
    infra.settings.data_dir.chmod(0o700)
    return Patient(infra.settings.model_copy(update={"port": free_port()}), SystemClock())


def diagnose(patient: Patient, check: str) -> Finding:
    return ALL[check](patient)


def with_settings(patient: Patient, **changes: object) -> Patient:
    return Patient(patient.settings.model_copy(update=changes), patient.clock)


def test_an_installation_in_order_has_nothing_to_complain_of(healthy: Patient) -> None:
    found = {each.check: each.finding for each in examine(healthy, ALL)}
    assert set(found) == set(ALL)
    complaints = {name: finding for name, finding in found.items() if finding.verdict is not Verdict.OK}
    complaints.pop("disk_latency", None)  # the machine of a test may be busy
    assert complaints == {}


def test_an_installation_that_does_not_exist_is_not_made_by_looking(tmp_path: Path) -> None:
    patient = Patient(Settings(data_dir=tmp_path / "none", port=free_port()), SystemClock())
    found = {each.check: each.finding.verdict for each in examine(patient, ALL)}
    assert Verdict.FAIL not in found.values()
    assert found["folder"] is found["database"] is found["secret_key"] is Verdict.WARN
    assert not (tmp_path / "none").exists()


def test_a_database_elsewhere_that_does_not_exist_is_not_made_by_looking(tmp_path: Path) -> None:
    url = f"sqlite+pysqlite:///{tmp_path / 'other' / 'place.db'}"
    patient = Patient(Settings(data_dir=tmp_path / "none", database_url=url, port=free_port()), SystemClock())
    assert Verdict.FAIL not in {each.finding.verdict for each in examine(patient, ALL)}
    assert not (tmp_path / "other").exists()


def test_every_complaint_says_what_to_do(tmp_path: Path) -> None:
    patient = Patient(Settings(data_dir=tmp_path / "none", host="0.0.0.0", port=0), SystemClock())
    for each in examine(patient, ALL):
        assert (each.finding.verdict is Verdict.OK) == (each.finding.advice == "")


def test_a_folder_that_others_can_read(healthy: Patient) -> None:
    healthy.settings.data_dir.chmod(0o755)
    assert diagnose(healthy, "folder").verdict is Verdict.WARN


def test_a_key_that_others_can_read(healthy: Patient) -> None:
    (healthy.settings.data_dir / "secret.key").chmod(0o644)
    assert diagnose(healthy, "secret_key").verdict is Verdict.FAIL


def test_a_key_that_is_lost(healthy: Patient) -> None:
    (healthy.settings.data_dir / "secret.key").unlink()
    assert "makes a new one" in diagnose(healthy, "secret_key").sentence
    assert not (healthy.settings.data_dir / "secret.key").exists()


def test_a_key_that_is_garbled(healthy: Patient) -> None:
    (healthy.settings.data_dir / "secret.key").write_text("not hexadecimal")
    (examined,) = examine(healthy, {"secret_key": INSTALLATION["secret_key"]})
    assert examined.finding.verdict is Verdict.FAIL


def test_a_database_of_another_release(healthy: Patient) -> None:
    with healthy.database() as db, db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert diagnose(healthy, "migrations").verdict is Verdict.FAIL
    with healthy.database() as db, db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert diagnose(healthy, "migrations").verdict is Verdict.WARN


def test_a_database_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "modelyard.db").write_bytes(b"this is text" * 1000)
    patient = Patient(Settings(data_dir=tmp_path), SystemClock())
    (examined,) = examine(patient, {"database": INSTALLATION["database"]})
    assert examined.finding.verdict is Verdict.FAIL


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    patient = Patient(Settings(data_dir=tmp_path, database_url=url), SystemClock())
    (examined,) = examine(patient, {"database": INSTALLATION["database"]})
    assert examined.finding.verdict is Verdict.FAIL
    assert "OperationalError" in str(examined.finding.data["error"])


def test_a_torn_database(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with closing(Database(settings.resolved_database_url)) as db:
        migrate.upgrade(db)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'epoch'").scalar_one()
    with (tmp_path / "modelyard.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 100)
    (examined,) = examine(Patient(settings, SystemClock()), {"database": INSTALLATION["database"]})
    assert examined.finding.verdict is Verdict.FAIL


def test_a_port_in_use_by_a_stranger_and_by_our_own_server(healthy: Patient) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        patient = with_settings(healthy, port=other.getsockname()[1])
        (examined,) = examine(patient, {"port": INSTALLATION["port"]})
        assert examined.finding.verdict is Verdict.FAIL
        if patient.settings.resolved_database_url.startswith("sqlite"):
            with only_server(patient.settings):
                assert diagnose(patient, "port").verdict is Verdict.OK


@pytest.mark.parametrize(
    ("host", "public_url", "verdict"),
    [
        ("127.0.0.1", "", Verdict.OK),
        ("0.0.0.0", "", Verdict.FAIL),
        ("0.0.0.0", "http://hub.example.org", Verdict.WARN),
        ("0.0.0.0", "https://hub.example.org", Verdict.OK),
    ],
)
def test_the_address_that_people_come_to(tmp_path: Path, host: str, public_url: str, verdict: Verdict) -> None:
    patient = Patient(Settings(data_dir=tmp_path, host=host, public_url=public_url), SystemClock())
    (examined,) = examine(patient, {"address": INSTALLATION["address"]})
    assert examined.finding.verdict is verdict


def test_a_clock_that_is_wrong(healthy: Patient) -> None:
    early = Patient(healthy.settings, ManualClock(datetime(1970, 1, 1, tzinfo=UTC)))
    assert diagnose(early, "clock").verdict is Verdict.FAIL
    behind = Patient(healthy.settings, ManualClock(datetime(2026, 1, 2, tzinfo=UTC)))
    assert "was written at" in diagnose(behind, "clock").sentence


def test_a_stored_file_that_was_damaged(infra: Infra, healthy: Patient) -> None:
    with infra.blobs.stage() as staging:
        staging.write(b"content")
        blob = staging.commit()
    assert diagnose(healthy, "blobs").data == {"looked": 1}
    path = infra.blobs.path(blob.sha256)
    assert path
    path.chmod(0o600)
    path.write_bytes(b"contend")
    finding = diagnose(healthy, "blobs")
    assert (finding.verdict, finding.data["first"]) == (Verdict.FAIL, blob.sha256)


def test_jobs_that_failed_and_jobs_that_are_late(infra: Infra, healthy: Patient, clock: ManualClock) -> None:
    with infra.db.unit() as session:
        jobs.enqueue(session, Index("r"), clock=clock)  # a clock of January, so it is late by now
    assert diagnose(healthy, "jobs").data == {"late": 1}

    def give_up(task: Index, run: jobs.Run) -> None:
        raise GiveUp("no")

    handlers = Handlers()
    handlers.on(Index, give_up)
    Worker(infra.db, handlers, clock).run_due()
    assert diagnose(healthy, "jobs").data["dead"] == 1


def test_a_package_that_loads_one_that_does_not_and_one_that_is_absent(
    healthy: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kills_its_process.py").write_text("import os; os.abort()")
    (tmp_path / "says_why.py").write_text("raise ImportError('no such processor')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert loads("json", "cpu")(healthy).verdict is Verdict.OK
    assert loads("no_such_package", "cpu")(healthy).verdict is Verdict.WARN
    assert loads("kills_its_process", "cpu")(healthy).data["reason"] == "exit code -6"
    assert "no such processor" in str(loads("says_why", "cpu")(healthy).data["reason"])


def test_a_check_that_breaks_is_a_failure_and_the_others_go_on(healthy: Patient) -> None:
    def broken(patient: Patient) -> Finding:
        raise RuntimeError("first line\nsecond line")

    def refused(patient: Patient) -> Finding:
        raise InvalidInput(name="x", reason="y")

    found = list(examine(healthy, {"a": broken, "b": refused, "c": lambda patient: ok("Fine.")}))
    assert [each.finding.verdict for each in found] == [Verdict.FAIL, Verdict.FAIL, Verdict.OK]
    assert found[0].finding.data["error"] == "RuntimeError: first line"
    assert fail("x", "y").verdict is Verdict.FAIL
