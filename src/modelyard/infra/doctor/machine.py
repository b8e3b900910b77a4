"""Is this machine fit for it?"""

import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from modelyard.infra.doctor.examination import Check, Finding, Patient, fail, ok, warn
from modelyard.infra.health import MIN_FREE_BYTES
from modelyard.kernel import N_

_COMFORTABLE_BYTES = 5 * 1024**3
_SLOW_SYNC_MS = 20.0
_LOAD_SECONDS = 60
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)


def _python(_patient: Patient) -> Finding:
    version = platform.python_version()
    if sys.maxsize > 2**32:
        return ok(N_("Python {version}."), version=version)
    return fail(
        N_("Python {version} is a 32-bit build, which cannot map large files."),
        N_("Install a 64-bit Python 3.11 or later."),
        version=version,
    )


def _sqlite(_patient: Patient) -> Finding:
    version = sqlite3.sqlite_version
    connection = sqlite3.connect(":memory:")
    has_search = bool(connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0])
    connection.close()
    if sqlite3.sqlite_version_info < (3, 37) or not has_search:
        return fail(
            N_("SQLite {version} is too old or lacks full-text search."),
            N_("Use a Python with SQLite 3.37 or later and FTS5, or set MODELYARD_DATABASE_URL to PostgreSQL."),
            version=version,
        )
    return ok(N_("SQLite {version} with full-text search."), version=version)


def _disk_space(patient: Patient) -> Finding:
    free = shutil.disk_usage(existing(patient.settings.data_dir)).free
    data = {"free": f"{free / 1024**3:.1f} GiB"}
    advice = N_("Delete what is not needed or move the data folder to a larger disk.")
    if free < MIN_FREE_BYTES:
        return fail(N_("Only {free} are free: uploads and commits will be refused."), advice, **data)
    if free < _COMFORTABLE_BYTES:
        return warn(N_("Only {free} are free."), advice, **data)
    return ok(N_("{free} are free."), **data)


def _disk_latency(patient: Patient) -> Finding:
    milliseconds = sync_milliseconds(existing(patient.settings.data_dir))
    data = {"ms": f"{milliseconds:.1f}"}
    if milliseconds > _SLOW_SYNC_MS:
        return warn(
            N_("Writing and syncing 4 KiB takes {ms} ms: every durable request waits for that."),
            N_("Use a local SSD for the data folder, not a network file system."),
            **data,
        )
    return ok(N_("Writing and syncing 4 KiB takes {ms} ms."), **data)


def _clock(patient: Patient) -> Finding:
    now = patient.clock.now()
    newest = max(
        (datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in _marks(patient)), default=_FIRST_RELEASE
    )
    advice = N_("Set the clock and keep it right with NTP (`timedatectl set-ntp true`): prices and holds depend on it.")
    data = {"now": now.isoformat(timespec="seconds"), "newest": newest.isoformat(timespec="seconds")}
    if now < _FIRST_RELEASE:
        return fail(N_("The clock says {now}, which is before this program was made."), advice, **data)
    if (newest - now).total_seconds() > 5:
        return fail(N_("The clock says {now}, but the database was written at {newest}."), advice, **data)
    return ok(N_("The clock says {now}."), **data)


def loads(module: str, extra: str) -> Check:
    """Return a check that a package loads, in a process of its own: native code may kill the one that loads it."""

    def check(_patient: Patient) -> Finding:
        if find_spec(module) is None:
            return warn(
                N_("The package {module} is not installed: models are stored and metered, but not run here."),
                N_("Install it with `pip install 'modelyard[{extra}]'`."),
                module=module,
                extra=extra,
            )
        command = [sys.executable, "-c", f"import {module}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LOAD_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            reason = f"it took more than {_LOAD_SECONDS} s"
        else:
            if done.returncode == 0:
                return ok(N_("The package {module} is installed and loads."), module=module)
            reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        return fail(
            N_("The package {module} does not load: {reason}"),
            N_("Reinstall it: `pip install --force-reinstall 'modelyard[{extra}]'`; it must fit the processor."),
            module=module,
            extra=extra,
            reason=reason,
        )

    return check


def sync_milliseconds(folder: Path, rounds: int = 7) -> float:
    """Return the median time of writing and syncing 4 KiB in a folder."""
    times = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(rounds):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _marks(patient: Patient) -> list[Path]:
    names = ("modelyard.db", "modelyard.db-wal", "secret.key")
    return [path for name in names if (path := patient.settings.data_dir / name).exists()]


MACHINE: Mapping[str, Check] = {
    "python": _python,
    "sqlite": _sqlite,
    "disk_space": _disk_space,
    "disk_latency": _disk_latency,
    "clock": _clock,
}
"""The checks of the machine, by name."""
