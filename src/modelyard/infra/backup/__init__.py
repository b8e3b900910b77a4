"""One file that holds a whole installation, made while the server works.

A backup is a tar archive: the database as one snapshot, every stored file, the secret key unless it is left out, and
last a manifest with the sha256 and size of each member, so a backup that was cut off is known by its lack of one.
Files are written before the rows that name them, and nothing is deleted while a backup runs; so the files that are
there after the snapshot include all that it names.

Restoring goes into an empty folder (and an empty database); every hash is verified before anything is put in place,
and then the migrations of this release run. There is no restoring into a living installation.
"""

from modelyard.infra.backup.errors import BackupDamaged, BackupNotForHere, BackupTargetTaken, NothingToBackUp
from modelyard.infra.backup.make import make_backup
from modelyard.infra.backup.manifest import Manifest
from modelyard.infra.backup.restore import restore_backup

__all__ = [
    "BackupDamaged",
    "BackupNotForHere",
    "BackupTargetTaken",
    "Manifest",
    "NothingToBackUp",
    "make_backup",
    "restore_backup",
]
