"""Is this installation in order?"""

import hashlib
import os
import random
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select, text

from modelyard.infra import jobs, migrate
from modelyard.infra.blobs import Blob, FileBlobs
from modelyard.infra.db import Database
from modelyard.infra.doctor.examination import Check, Finding, Patient, fail, ok, warn
from modelyard.infra.doctor.machine import existing
from modelyard.infra.outbox import DeliveryRow
from modelyard.infra.secret import KEY_FILE, load_secret_key
from modelyard.infra.startup import AddressNotFree, bind, check_address, holder, is_loopback
from modelyard.kernel import N_

_SAMPLE_BLOBS = 20
_SAMPLE_BYTES = 256 * 1024 * 1024
_LATE = timedelta(minutes=10)
_START_FIRST = N_("Start the server once with `modelyard up`; it makes everything.")


def _folder(patient: Patient) -> Finding:
    folder = patient.settings.data_dir
    data = {"folder": str(folder.absolute())}
    if not folder.exists():
        if os.access(existing(folder), os.W_OK):
            return warn(N_("The data folder {folder} does not exist yet."), _START_FIRST, **data)
        return fail(
            N_("The data folder {folder} does not exist and cannot be made."),
            N_("Make the folder and give it to the user of the server (`chown`), or name another one with --data."),
            **data,
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fail(
            N_("The data folder {folder} cannot be written to."),
            N_("Give it to the user of the server (`chown -R`)."),
            **data,
        )
    if folder.stat().st_mode & 0o077:
        return warn(
            N_("Other users of this machine can look into the data folder {folder}."),
            N_("Close it with `chmod 700 {folder}`."),
            **data,
        )
    return ok(N_("The data folder {folder} is there, writable and private."), **data)


def _secret_key(patient: Patient) -> Finding:
    path = patient.settings.data_dir / KEY_FILE
    data = {"file": str(path)}
    if not path.exists():
        if patient.has_database:
            return warn(
                N_("There is a database, but no secret key {file}: the next start makes a new one."),
                N_("If you have the old key, put it there; otherwise sessions end and encrypted secrets are lost."),
                **data,
            )
        return warn(N_("There is no secret key yet."), _START_FIRST)
    load_secret_key(patient.settings.data_dir)
    if path.stat().st_mode & 0o077:
        return fail(
            N_("Other users of this machine may read the secret key {file}."),
            N_("Close it with `chmod 600 {file}`."),
            **data,
        )
    return ok(N_("The secret key is there and private."))


def _database(patient: Patient) -> Finding:
    if not patient.has_database:
        return warn(N_("There is no database yet."), _START_FIRST)
    with patient.database() as db, db.reader() as session:
        if not db.is_sqlite:
            version = session.execute(text("SHOW server_version")).scalar_one()
            return ok(N_("PostgreSQL {version} answers."), version=str(version))
        found = session.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found == "ok":
        return ok(N_("The SQLite database is whole."))
    return fail(
        N_("The SQLite database is damaged: {found}"),
        N_("Stop the server, keep a copy of the data folder, and restore the last backup with `modelyard restore`."),
        found=str(found),
    )


def _migrations(patient: Patient) -> Finding:
    if not patient.has_database:
        return warn(N_("There is no database yet."), _START_FIRST)
    with patient.database() as db:
        current, head = migrate.current(db), migrate.head()
    data = {"current": current or "", "head": head}
    if current == head:
        return ok(N_("The database is at this release's revision {head}."), **data)
    if current is not None and not migrate.knows(current):
        return fail(
            N_("The database is at revision {current}, which this release does not know."),
            N_("Install the release that made it, or restore a backup of this one."),
            **data,
        )
    return warn(
        N_("The database is at revision {current}, and this release needs {head}."),
        N_("Restart the server: it migrates the database, and keeps a copy of an SQLite file first."),
        **data,
    )


def _address(patient: Patient) -> Finding:
    settings = patient.settings
    check_address(settings)
    if is_loopback(settings.host):
        return ok(N_("Only this machine can reach the server, at {url}."), url=settings.origin)
    if settings.public_url.startswith("http://"):
        return warn(
            N_("People come over {url}, which is not encrypted: passwords and tokens can be read on their way."),
            N_("Put a proxy with TLS in front, and set MODELYARD_PUBLIC_URL to its https address."),
            url=settings.public_url,
        )
    return ok(N_("People come over {url}."), url=settings.public_url)


def _port(patient: Patient) -> Finding:
    data = {"port": patient.settings.port}
    try:
        with closing(bind(patient.settings)):
            return ok(N_("Port {port} is free."), **data)
    except AddressNotFree:
        process = holder(patient.settings.data_dir)
        if process is None:
            raise
        return ok(N_("A server of this installation runs (process {process})."), process=process)


def _blobs(patient: Patient) -> Finding:
    root = patient.settings.data_dir / "blobs"
    if not root.exists():
        return ok(N_("No files are stored yet."))
    looked, wrong = 0, []
    for blob in _sample(root):
        looked += 1
        if _digest(root, blob) != blob.sha256:
            wrong.append(blob.sha256)
    if wrong:
        return fail(
            N_("{wrong} of {looked} stored files that were looked at are damaged, {first} among them."),
            N_("Check the disk (`dmesg`, `smartctl`), and restore those files from a backup."),
            wrong=len(wrong),
            looked=looked,
            first=wrong[0],
        )
    return ok(N_("{looked} stored files were looked at, and all are as they were."), looked=looked)


def _sample(root: Path) -> list[Blob]:
    """Pick some stored files by chance, as many as can be read in a moment."""
    first = list(islice(FileBlobs(root).iter(), 20_000))
    picked, total = [], 0
    for blob in random.sample(first, min(len(first), _SAMPLE_BLOBS)):
        if total + blob.size <= _SAMPLE_BYTES:
            picked.append(blob)
            total += blob.size
    return picked


def _digest(root: Path, blob: Blob) -> str:
    with FileBlobs(root).path(blob.sha256).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _jobs(patient: Patient) -> Finding:
    if not patient.has_database:
        return ok(N_("There are no jobs yet."))
    with patient.database() as db:
        dead, late, unheard = _stuck(db, patient)
    if dead or unheard:
        return warn(
            N_("{dead} jobs and {unheard} deliveries of events failed for good."),
            N_("Read `last_error` of the tables job and outbox_delivery, and the log around their time."),
            dead=dead,
            unheard=unheard,
        )
    if late:
        return warn(
            N_("{late} jobs have been due for more than ten minutes."),
            N_("Start the server, or look in its log for what keeps the job threads busy."),
            late=late,
        )
    return ok(N_("No job is late, none failed for good."))


def _stuck(db: Database, patient: Patient) -> tuple[int, int, int]:
    late_since = patient.clock.now() - _LATE
    row = jobs.JobRow
    with db.reader() as session:
        dead = session.scalar(select(func.count()).where(row.state == jobs.State.DEAD)) or 0
        ready = row.state == jobs.State.READY
        late = session.scalar(select(func.count()).where(ready, row.run_at < late_since)) or 0
        unheard = session.scalar(select(func.count()).where(DeliveryRow.state == "dead")) or 0
    return dead, late, unheard


INSTALLATION: Mapping[str, Check] = {
    "folder": _folder,
    "secret_key": _secret_key,
    "database": _database,
    "migrations": _migrations,
    "address": _address,
    "port": _port,
    "blobs": _blobs,
    "jobs": _jobs,
}
"""The checks of the installation, by name."""
