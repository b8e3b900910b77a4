"""What every room may be given: the opened outside world, in one frozen value."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from modelyard.infra import migrate
from modelyard.infra.blobs import BlobStore, FileBlobs
from modelyard.infra.clock import SystemClock
from modelyard.infra.db import Database
from modelyard.infra.i18n import Catalogs
from modelyard.infra.secret import SecretKey, load_secret_key
from modelyard.infra.settings import Settings
from modelyard.infra.telemetry import Metrics
from modelyard.infra.writer import Writer
from modelyard.kernel import Clock


@dataclass(frozen=True, slots=True)
class Infra:
    """The opened outside world; `open_infra` makes it and closes it."""

    settings: Settings
    db: Database
    writer: Writer
    blobs: BlobStore
    clock: Clock
    secret: SecretKey
    catalogs: Catalogs
    metrics: Metrics


@contextmanager
def open_infra(settings: Settings, *, clock: Clock | None = None, migrated: bool = False) -> Iterator[Infra]:
    """Open everything that the settings name, bring the database to this release, and close it all at the end."""
    db = Database(settings.resolved_database_url)
    if not migrated:
        migrate.upgrade(db)
    metrics = Metrics()
    writer = Writer(db, observer=metrics.batch)
    try:
        yield Infra(
            settings=settings,
            db=db,
            writer=writer,
            blobs=FileBlobs(settings.data_dir / "blobs"),
            clock=clock or SystemClock(),
            secret=load_secret_key(settings.data_dir),
            catalogs=Catalogs.load(),
            metrics=metrics,
        )
    finally:
        writer.close()
        db.close()
