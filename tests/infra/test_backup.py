"""Backups of a server at work, and what is made of them; on both databases."""

import hashlib
import io
import shutil
import sqlite3
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from modelyard.infra import Database, Infra, Settings, jobs, migrate, open_infra, outbox
from modelyard.infra.backup import (
    BackupDamaged,
    BackupNotForHere,
    BackupTargetTaken,
    Manifest,
    NothingToBackUp,
    make_backup,
    restore_backup,
)
from modelyard.infra.blobs import DeletionsHeld, FileBlobs, StorageFull
from modelyard.infra.jobs import JobRow
from modelyard.infra.outbox import EventRow
from modelyard.kernel import ManualClock
from tests.infra.test_jobs import Index
from tests.infra.test_outbox import Renamed


@pytest.fixture
def elsewhere(infra: Infra, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of an empty place: a folder that does not exist, and on PostgreSQL a database without tables."""
    folder = tmp_path / "elsewhere"
    if infra.db.is_sqlite:
        yield Settings(data_dir=folder)
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = "r" + uuid.uuid4().hex
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        head, _, query = server.partition("?")
        yield Settings(data_dir=folder, database_url=f"{head.rsplit('/', 1)[0]}/{name}?{query}")
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def empty_folder(tmp_path: Path) -> Settings:
    """Settings of a folder that does not exist, for what does not depend on the kind of database."""
    return Settings(data_dir=tmp_path / "elsewhere")


def save(infra: Infra, content: bytes) -> str:
    """Do what an upload does: the file first, then the rows that name it, in one transaction."""
    with infra.blobs.stage() as staging:
        staging.write(content)
        blob = staging.commit()
    with infra.db.unit() as session:
        jobs.enqueue(session, Index(blob.sha256), clock=infra.clock)
        outbox.announce(session, Renamed(blob.sha256, content.decode()))
    return blob.sha256


def digests(infra: Infra) -> tuple[set[str], set[str]]:
    """Return the sha256 of every job and of every event; a snapshot has the same in both."""
    with infra.db.reader() as session:
        named = {payload["repo"] for payload in session.scalars(select(JobRow.payload))}
        told = set(session.scalars(select(EventRow.subject)))
    return named, told


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]  # files all


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Forge an archive: the same members, changed."""
    content = members(path)
    change(content)
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def test_an_installation_comes_back_as_it_was(infra: Infra, elsewhere: Settings, tmp_path: Path) -> None:
    saved = {save(infra, f"content {number}".encode()) for number in range(5)}
    target = tmp_path / "backup.tar"
    manifest = make_backup(infra.settings, target, clock=infra.clock)
    assert (manifest.blobs, manifest.has_key, manifest.revision) == (5, True, migrate.head())
    assert target.stat().st_mode & 0o777 == 0o600
    assert restore_backup(elsewhere, target) == manifest
    with open_infra(elsewhere, clock=infra.clock, migrated=True) as restored:
        assert digests(restored) == (saved, saved)
        for sha256 in saved:
            with restored.blobs.open(sha256) as file:
                assert hashlib.sha256(file.read()).hexdigest() == sha256
        assert restored.secret.derive("x") == infra.secret.derive("x")
        assert migrate.current(restored.db) == migrate.head()
        new = save(restored, b"and it goes on")  # sequences go on behind what was restored
        assert new in digests(restored)[1]
    assert {path.name for path in elsewhere.data_dir.iterdir()} <= {
        "blobs", "secret.key", "modelyard.db", "modelyard.db-wal", "modelyard.db-shm"
    }  # fmt: skip


def test_writes_go_on_during_a_backup_and_it_is_one_snapshot(infra: Infra, elsewhere: Settings, tmp_path: Path) -> None:
    saved: list[str] = []
    enough, stop = threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            saved.append(save(infra, uuid.uuid4().hex.encode()))
            if len(saved) > 30:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert enough.wait(30)
        before = set(saved)
        make_backup(infra.settings, tmp_path / "backup.tar", clock=infra.clock)
        during = len(saved)
    finally:
        stop.set()
        writer.join()
    assert len(saved) >= during > 30
    restore_backup(elsewhere, tmp_path / "backup.tar")
    with open_infra(elsewhere, clock=infra.clock, migrated=True) as restored:
        named, told = digests(restored)
        assert named == told
        assert before <= named <= set(saved)
        assert all(restored.blobs.stat(sha256) for sha256 in named)


def test_nothing_is_deleted_while_a_backup_runs(infra: Infra, tmp_path: Path) -> None:
    doomed = save(infra, b"doomed")
    refused: list[bool] = []

    class Watching(ManualClock):
        """The backup asks for the time between its files and its manifest."""

        def now(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as the clock's
            try:
                infra.blobs.delete(doomed)
            except DeletionsHeld:
                refused.append(True)
            return super().now()

    make_backup(infra.settings, tmp_path / "backup.tar", clock=Watching())
    assert refused == [True]
    assert infra.blobs.delete(doomed) is True


def test_the_key_can_be_left_out(infra: Infra, elsewhere: Settings, tmp_path: Path) -> None:
    manifest = make_backup(infra.settings, tmp_path / "backup.tar", clock=infra.clock, with_key=False)
    assert not manifest.has_key
    assert "secret.key" not in members(tmp_path / "backup.tar")
    restore_backup(elsewhere, tmp_path / "backup.tar")
    assert not (elsewhere.data_dir / "secret.key").exists()


def test_a_backup_never_overwrites(sqlite_infra: Infra, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    target.write_text("mine")
    with pytest.raises(BackupTargetTaken):
        make_backup(sqlite_infra.settings, target, clock=sqlite_infra.clock)
    assert target.read_text() == "mine"


def test_a_damaged_file_fails_the_backup_and_leaves_nothing(sqlite_infra: Infra, tmp_path: Path) -> None:
    path = sqlite_infra.blobs.path(save(sqlite_infra, b"whole"))
    assert path
    path.chmod(0o600)
    path.write_bytes(b"wrong")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BackupDamaged):
        make_backup(sqlite_infra.settings, out / "backup.tar", clock=sqlite_infra.clock)
    assert list(out.iterdir()) == []


def test_a_backup_onto_a_full_disk_leaves_nothing(sqlite_infra: Infra, tmp_path: Path) -> None:
    import resource

    with sqlite_infra.blobs.stage() as staging:
        staging.write(b"x" * 20_000_000)
        staging.commit()
    out = tmp_path / "out"
    out.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, hard))
    try:
        with pytest.raises(StorageFull):
            make_backup(sqlite_infra.settings, out / "backup.tar", clock=sqlite_infra.clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(out.iterdir()) == []


def test_where_there_is_no_installation_there_is_nothing_to_back_up(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(NothingToBackUp):
        make_backup(Settings(data_dir=tmp_path / "absent"), tmp_path / "backup.tar", clock=clock)
    assert not (tmp_path / "absent").exists()


def test_a_folder_that_is_not_empty_is_refused(sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path) -> None:
    make_backup(sqlite_infra.settings, tmp_path / "backup.tar", clock=sqlite_infra.clock)
    empty_folder.data_dir.mkdir()
    (empty_folder.data_dir / "mine").touch()
    with pytest.raises(BackupTargetTaken):
        restore_backup(empty_folder, tmp_path / "backup.tar")
    assert [path.name for path in empty_folder.data_dir.iterdir()] == ["mine"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_is_not_empty_is_refused(infra: Infra, elsewhere: Settings, tmp_path: Path) -> None:
    make_backup(infra.settings, tmp_path / "backup.tar", clock=infra.clock)
    taken = Settings(data_dir=elsewhere.data_dir, database_url=infra.settings.database_url)
    with pytest.raises(BackupTargetTaken):
        restore_backup(taken, tmp_path / "backup.tar")
    assert list(elsewhere.data_dir.iterdir()) == []


def _flip_a_blob(content: dict[str, bytes]) -> None:
    name = next(name for name in content if name.startswith("blobs/"))
    content[name] = b"X" + content[name][1:]


def _flip_the_database(content: dict[str, bytes]) -> None:
    name = max((name for name in content if name.startswith("database/")), key=lambda name: len(content[name]))
    content[name] = content[name][:-1] + bytes([content[name][-1] ^ 1])


def _lose_a_blob(content: dict[str, bytes]) -> None:
    del content[next(name for name in content if name.startswith("blobs/"))]


def _lose_the_manifest(content: dict[str, bytes]) -> None:
    del content["manifest.json"]


def _smuggle(content: dict[str, bytes]) -> None:
    content["../../evil"] = b"evil"


def _garble_the_manifest(content: dict[str, bytes]) -> None:
    content["manifest.json"] = b'{"format": 9}'


@pytest.mark.parametrize(
    "damage",
    [_flip_a_blob, _flip_the_database, _lose_a_blob, _lose_the_manifest, _smuggle, _garble_the_manifest],
)
def test_a_damaged_backup_restores_nothing(
    sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path, damage: Callable[[dict[str, bytes]], None]
) -> None:
    save(sqlite_infra, b"content")
    target = tmp_path / "backup.tar"
    make_backup(sqlite_infra.settings, target, clock=sqlite_infra.clock)
    rewrite(target, damage)
    with pytest.raises(BackupDamaged):
        restore_backup(empty_folder, target)
    assert list(empty_folder.data_dir.iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_backup_that_was_cut_off_restores_nothing(
    sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path, share: float
) -> None:
    save(sqlite_infra, b"content" * 10_000)
    target = tmp_path / "backup.tar"
    make_backup(sqlite_infra.settings, target, clock=sqlite_infra.clock)
    target.write_bytes(target.read_bytes()[: int(target.stat().st_size * share)])
    with pytest.raises(BackupDamaged):
        restore_backup(empty_folder, target)
    assert list(empty_folder.data_dir.iterdir()) == []


def test_a_backup_of_a_later_release_is_refused(sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    make_backup(sqlite_infra.settings, target, clock=sqlite_infra.clock)

    def later(content: dict[str, bytes]) -> None:
        manifest = Manifest.parse(content["manifest.json"]).model_copy(update={"revision": "9999"})
        content["manifest.json"] = manifest.model_dump_json().encode()

    rewrite(target, later)
    with pytest.raises(BackupNotForHere, match="newer than this one"):
        restore_backup(empty_folder, target)


def test_a_backup_of_the_other_database_is_refused(sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    make_backup(sqlite_infra.settings, target, clock=sqlite_infra.clock)

    def other(content: dict[str, bytes]) -> None:
        manifest = Manifest.parse(content["manifest.json"])
        name = "postgresql" if manifest.database == "sqlite" else "sqlite"
        content["manifest.json"] = manifest.model_copy(update={"database": name}).model_dump_json().encode()

    rewrite(target, other)
    with pytest.raises(BackupNotForHere, match="database"):
        restore_backup(empty_folder, target)


def test_an_sqlite_file_outside_the_data_folder_is_restored_where_the_settings_want_it(
    sqlite_infra: Infra, tmp_path: Path
) -> None:
    save(sqlite_infra, b"content")
    make_backup(sqlite_infra.settings, tmp_path / "backup.tar", clock=sqlite_infra.clock)
    url = f"sqlite+pysqlite:///{tmp_path / 'other' / 'place.db'}"
    wanted = Settings(data_dir=tmp_path / "elsewhere", database_url=url)
    restore_backup(wanted, tmp_path / "backup.tar")
    assert not (wanted.data_dir / "modelyard.db").exists()
    with open_infra(wanted, clock=sqlite_infra.clock, migrated=True) as restored:
        assert digests(restored) == digests(sqlite_infra)
    shutil.rmtree(wanted.data_dir)
    with pytest.raises(BackupTargetTaken):
        restore_backup(wanted, tmp_path / "backup.tar")


def test_an_older_backup_is_brought_to_this_release(clock: ManualClock, empty_folder: Settings, tmp_path: Path) -> None:
    older = Settings(data_dir=tmp_path / "older")
    with closing(Database(older.resolved_database_url)) as db:
        migrate.upgrade(db, "0001")
    make_backup(older, tmp_path / "backup.tar", clock=clock)
    assert restore_backup(empty_folder, tmp_path / "backup.tar").revision == "0001"
    with closing(Database(empty_folder.resolved_database_url)) as db:
        assert migrate.current(db) == migrate.head()


def test_a_database_with_torn_pages_is_not_backed_up(sqlite_infra: Infra, tmp_path: Path) -> None:
    for number in range(60):
        save(sqlite_infra, str(number).encode())
    path = sqlite_infra.settings.data_dir / "modelyard.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'job'").fetchone()
    torn = Settings(data_dir=tmp_path / "torn")
    torn.data_dir.mkdir()
    data = bytearray(path.read_bytes())
    data[(pages - 1) * 4096 : (pages - 1) * 4096 + 200] = b"\xff" * 200
    (torn.data_dir / "modelyard.db").write_bytes(data)
    with pytest.raises(BackupDamaged):
        make_backup(torn, tmp_path / "backup.tar", clock=sqlite_infra.clock)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_keys_and_triggers_are_as_strict_after_a_restore_as_before(
    infra: Infra, elsewhere: Settings, tmp_path: Path
) -> None:
    def rules(db: Database) -> object:
        with db.reader() as session:
            keys = session.execute(
                text("SELECT conname, condeferrable, condeferred FROM pg_constraint ORDER BY 1")
            ).all()
            triggers = session.execute(
                text("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
            ).all()
        return keys, triggers

    make_backup(infra.settings, tmp_path / "backup.tar", clock=infra.clock)
    restore_backup(elsewhere, tmp_path / "backup.tar")
    with closing(Database(elsewhere.resolved_database_url)) as db:
        assert rules(db) == rules(infra.db)
        with db.reader() as session:
            assert session.scalar(select(func.count()).select_from(JobRow)) == 0


def test_blobs_of_a_restored_store_are_read_only(sqlite_infra: Infra, empty_folder: Settings, tmp_path: Path) -> None:
    sha256 = save(sqlite_infra, b"content")
    make_backup(sqlite_infra.settings, tmp_path / "backup.tar", clock=sqlite_infra.clock)
    restore_backup(empty_folder, tmp_path / "backup.tar")
    assert FileBlobs(empty_folder.data_dir / "blobs").path(sha256).stat().st_mode & 0o777 == 0o440
