"""Why a server does not start."""

from modelyard.kernel import N_, DomainError, Kind


class PublicUrlRequired(DomainError):
    """A server that others can reach must know its own address."""

    code = "public_url_required"
    kind = Kind.INVALID
    sentence = N_("The address {host} can be reached from other machines, but no public URL is set.")
    hint = N_(
        "Set MODELYARD_PUBLIC_URL or --public-url to what people type, such as https://hub.example.org; "
        "or bind 127.0.0.1."
    )


class AddressNotFree(DomainError):
    """The server cannot listen where it was told to."""

    code = "address_not_free"
    kind = Kind.CONFLICT
    sentence = N_("The server cannot listen on {host} port {port}: {reason}.")
    hint = N_("Stop the program that uses the port, or choose another one with --port.")


class AlreadyServed(DomainError):
    """Another server works on the same folder."""

    code = "already_served"
    kind = Kind.CONFLICT
    sentence = N_("Another server (process {process}) already serves {folder}.")
    hint = N_(
        "With SQLite one server works on a data folder; stop the other one, or use PostgreSQL for several servers."
    )


class DatabaseTooNew(DomainError):
    """The database was made by a later release."""

    code = "database_too_new"
    kind = Kind.CONFLICT
    sentence = N_("The database is at revision {revision}, which this release does not know.")
    hint = N_("Install the release that made it, or restore a backup of this one.")
