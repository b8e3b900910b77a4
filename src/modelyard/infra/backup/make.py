"""Make a backup of an installation, in use or not."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import make_url

from modelyard.infra import migrate
from modelyard.infra.backup import postgresql
from modelyard.infra.backup.archive import Archive
from modelyard.infra.backup.errors import BackupTargetTaken, NothingToBackUp
from modelyard.infra.backup.manifest import SECRET_KEY, SQLITE_FILE, Manifest, table_member
from modelyard.infra.backup.sqlite import copy_database, revision_of
from modelyard.infra.blobs import BlobStore, FileBlobs
from modelyard.infra.blobs.disk import RealDisk, full_disk_has_a_name
from modelyard.infra.db import Database
from modelyard.infra.secret import KEY_FILE
from modelyard.infra.settings import Settings
from modelyard.kernel import Clock


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The database as files of a scratch folder, by member name."""

    revision: str
    files: Mapping[str, Path]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sequences: Mapping[str, int] = field(default_factory=dict)


def make_backup(settings: Settings, target: Path, *, clock: Clock, with_key: bool = True) -> Manifest:
    """Write everything into one new file, readable by its owner only, and return its manifest.

    The file appears under its name when it is complete and on the disk. Servers go on reading and writing; only
    deletions of stored files wait. Raises `BackupTargetTaken`, `NothingToBackUp` or `BackupDamaged`.
    """
    if target.exists():
        raise BackupTargetTaken(field="file", target=str(target))
    db = _open(settings)
    blobs = FileBlobs(settings.data_dir / "blobs")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with (
            full_disk_has_a_name(),
            blobs.hold_deletions(),
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch,
        ):
            snapshot = _snapshot(db, Path(scratch))
            manifest = _write(unfinished, settings, snapshot, blobs, clock=clock, with_key=with_key)
        RealDisk().rename(unfinished, target)
        RealDisk().sync_directory(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)
        db.close()
    return manifest


def _open(settings: Settings) -> Database:
    url = make_url(settings.resolved_database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NothingToBackUp(folder=str(settings.data_dir))
    db = Database(settings.resolved_database_url)
    if migrate.current(db) is None:
        db.close()
        raise NothingToBackUp(folder=str(settings.data_dir))
    return db


def _snapshot(db: Database, scratch: Path) -> _Snapshot:
    if db.is_sqlite:
        copy = scratch / "modelyard.db"
        copy_database(Path(make_url(db.url).database or ""), copy)
        return _Snapshot(revision_of(copy), {SQLITE_FILE: copy})
    dump = postgresql.dump(db, scratch)
    files = {table_member(table): scratch / table for table in dump.tables}
    return _Snapshot(dump.revision, files, dump.tables, dump.sequences)


def _write(
    unfinished: Path, settings: Settings, snapshot: _Snapshot, blobs: BlobStore, *, clock: Clock, with_key: bool
) -> Manifest:
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        archive = Archive(file)
        for name, path in snapshot.files.items():
            archive.add_file(name, path)
        if with_key and (settings.data_dir / KEY_FILE).exists():
            archive.add_file(SECRET_KEY, settings.data_dir / KEY_FILE)
        for blob in blobs.iter():
            with blobs.open(blob.sha256) as content:
                archive.add(f"blobs/{blob.sha256}", content, blob.size, expected=blob.sha256)
        manifest = Manifest(
            release=version("modelyard"),
            made_at=clock.now(),
            database="postgresql" if snapshot.tables else "sqlite",
            revision=snapshot.revision,
            members=archive.members,
            tables=dict(snapshot.tables),
            sequences=dict(snapshot.sequences),
        )
        archive.finish(manifest)
        file.flush()
        RealDisk().sync_file(file.fileno())
    return manifest
