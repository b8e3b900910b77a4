"""Why a backup was not made, or not restored."""

from modelyard.kernel import N_, DomainError, Kind


class BackupDamaged(DomainError):
    """A part of it is not what it should be."""

    code = "backup_damaged"
    kind = Kind.INVALID
    sentence = N_("The {part} is damaged: {reason}.")
    hint = N_("Nothing was changed. Use another backup, and run `modelyard doctor` on the installation it came from.")


class BackupTargetTaken(DomainError):
    """There is something already where the backup or the restored data should go."""

    code = "backup_target_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is something in {target} already.")
    hint = N_("Name a file that does not exist, or for a restore a folder and a database that are empty.")


class BackupNotForHere(DomainError):
    """This release or this database cannot take it."""

    code = "backup_not_for_here"
    kind = Kind.INVALID
    sentence = N_("This backup cannot be restored here: {reason}.")
    hint = N_("Restore it with the release and the kind of database that it was made from.")


class NothingToBackUp(DomainError):
    """There is no installation."""

    code = "nothing_to_back_up"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no database in {folder}.")
    hint = N_("Name the folder that the server was started with by --data, or set MODELYARD_DATABASE_URL.")
