"""The outside world behind small doors: database, writer, blobs, jobs, processes, settings, languages, telemetry.

It knows nothing of models, money or people; rooms above give it their tables and their handlers. It refuses to hold
state at module level: everything is opened by `open_infra` and closed by the one who opened it.
"""

from modelyard.infra.clock import SystemClock
from modelyard.infra.db import Database
from modelyard.infra.i18n import LOCALES, Catalogs, negotiate
from modelyard.infra.ids import mint
from modelyard.infra.kit import Infra, open_infra
from modelyard.infra.secret import SecretKey, load_secret_key
from modelyard.infra.settings import Settings
from modelyard.infra.tables import Base, Instant, Json, canonical_json, from_micros, to_micros
from modelyard.infra.writer import Statements, Writer

__all__ = [
    "LOCALES",
    "Base",
    "Catalogs",
    "Database",
    "Infra",
    "Instant",
    "Json",
    "SecretKey",
    "Settings",
    "Statements",
    "SystemClock",
    "Writer",
    "canonical_json",
    "from_micros",
    "load_secret_key",
    "mint",
    "negotiate",
    "open_infra",
    "to_micros",
]
