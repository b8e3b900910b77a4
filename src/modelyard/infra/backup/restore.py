"""Make an installation out of a backup."""

import hashlib
import os
import shutil
import tarfile
from contextlib import closing
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from modelyard.infra import migrate
from modelyard.infra.backup import postgresql
from modelyard.infra.backup.errors import BackupDamaged, BackupNotForHere, BackupTargetTaken
from modelyard.infra.backup.manifest import (
    MANIFEST,
    SECRET_KEY,
    SQLITE_FILE,
    Manifest,
    Member,
    blob_of,
    known_member,
    table_member,
)
from modelyard.infra.backup.sqlite import copy_database
from modelyard.infra.blobs import DigestMismatch, FileBlobs, SizeMismatch
from modelyard.infra.blobs.disk import RealDisk, full_disk_has_a_name
from modelyard.infra.db import Database
from modelyard.infra.secret import KEY_FILE
from modelyard.infra.settings import Settings

HIDDEN = ".restoring"
_CHUNK = 1 << 20
_MAX_MANIFEST = 1 << 30


def restore_backup(settings: Settings, source: Path) -> Manifest:
    """Restore into the empty folder and database of the settings, and bring them to this release.

    Every hash is verified before anything leaves a hidden folder; after a failure the folder is empty again. Raises
    `BackupTargetTaken`, `BackupDamaged` or `BackupNotForHere`.
    """
    folder = settings.data_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = _sqlite_target(settings)
    if any(folder.iterdir()):
        raise BackupTargetTaken(target=str(folder))
    if target and target.exists():
        raise BackupTargetTaken(target=str(target))
    try:
        with full_disk_has_a_name():
            manifest = _restore_files(settings, source)
            if manifest.database == "postgresql":
                _load(settings, manifest)
            elif target and target != folder.absolute() / "modelyard.db":
                _move_database(folder / "modelyard.db", target)
    except BaseException:
        _empty(folder)
        raise
    _migrate(settings)
    return manifest


def _restore_files(settings: Settings, source: Path) -> Manifest:
    hidden = settings.data_dir / HIDDEN
    hidden.mkdir(mode=0o700)
    manifest = _unpack(source, hidden)
    _judge(settings, manifest)
    _put_in_place(hidden, settings.data_dir)
    return manifest


def _unpack(source: Path, hidden: Path) -> Manifest:
    """Write every member where it will stay, hashed on its way, and compare all of them with the manifest."""
    blobs = FileBlobs(hidden / "blobs")
    seen: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source, mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is None or not (known_member(entry.name) or entry.name == MANIFEST):
                    raise BackupDamaged(part="archive", reason="it has a member that no backup has")
                if entry.name == MANIFEST:
                    manifest = Manifest.parse(content.read(_MAX_MANIFEST))
                else:
                    seen[entry.name] = _keep(entry.name, content, hidden, blobs)
    except (tarfile.TarError, EOFError) as error:
        raise BackupDamaged(part="archive", reason=str(error)) from error
    if manifest is None:
        raise BackupDamaged(part="archive", reason="it has no manifest, so it was cut off or is no backup")
    _compare(manifest, seen)
    return manifest


def _keep(name: str, content: IO[bytes], hidden: Path, blobs: FileBlobs) -> Member:
    if sha256 := blob_of(name):
        return _keep_blob(sha256, content, blobs)
    place = hidden / {SQLITE_FILE: "modelyard.db", SECRET_KEY: KEY_FILE}.get(name, name)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        RealDisk().sync_file(file.fileno())
    return Member(sha256=digest.hexdigest(), size=size)


def _keep_blob(sha256: str, content: IO[bytes], blobs: FileBlobs) -> Member:
    with blobs.stage() as staging:
        while chunk := content.read(_CHUNK):
            staging.write(chunk)
        try:
            blob = staging.commit(expected_sha256=sha256)
        except (DigestMismatch, SizeMismatch) as error:
            raise BackupDamaged(part=f"blobs/{sha256}", reason="its content does not have its sha256") from error
    return Member(sha256=blob.sha256, size=blob.size)


def _compare(manifest: Manifest, seen: dict[str, Member]) -> None:
    for name in sorted(manifest.members.keys() | seen.keys()):
        if manifest.members.get(name) != seen.get(name):
            raise BackupDamaged(part=name, reason="it is not what the manifest says")


def _judge(settings: Settings, manifest: Manifest) -> None:
    if not migrate.knows(manifest.revision):
        raise BackupNotForHere(reason=f"it is of release {manifest.release}, which is newer than this one")
    here = make_url(settings.resolved_database_url).get_backend_name()
    if here != manifest.database:
        raise BackupNotForHere(reason=f"it holds a {manifest.database} database, and the settings name {here}")


def _put_in_place(hidden: Path, folder: Path) -> None:
    """Move everything up; the database comes last, for without it the folder is no installation."""
    disk = RealDisk()
    names = sorted((path.name for path in hidden.iterdir()), key=lambda name: name == "modelyard.db")
    for name in names:
        disk.rename(hidden / name, folder / name)
    hidden.rmdir()
    disk.sync_directory(folder)


def _load(settings: Settings, manifest: Manifest) -> None:
    rows = settings.data_dir / "database"
    with closing(Database(settings.resolved_database_url)) as db:
        if not postgresql.is_empty(db):
            raise BackupTargetTaken(target=make_url(db.url).render_as_string(hide_password=True))
        dumped = postgresql.Dump(manifest.revision, manifest.tables, manifest.sequences)
        postgresql.load(db, dumped, {table: rows / Path(table_member(table)).name for table in manifest.tables})
    shutil.rmtree(rows)


def _sqlite_target(settings: Settings) -> Path | None:
    """Return where the settings want the SQLite file, which may be outside the data folder."""
    url = make_url(settings.resolved_database_url)
    return Path(url.database or "").absolute() if url.get_backend_name() == "sqlite" else None


def _move_database(restored: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy_database(restored, target)
    restored.unlink()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _migrate(settings: Settings) -> None:
    with closing(Database(settings.resolved_database_url)) as db:
        migrate.upgrade(db)
