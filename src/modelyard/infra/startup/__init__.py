"""What has to be right before a server takes its first request, and who may be the server.

The address is safe to bind, no other server uses the same SQLite folder, and the database is at this release, with a
copy of the old one beside it. Each refusal says what to do.
"""

from modelyard.infra.startup.binding import bind, check_address, is_loopback
from modelyard.infra.startup.errors import AddressNotFree, AlreadyServed, DatabaseTooNew, PublicUrlRequired
from modelyard.infra.startup.lock import holder, only_server
from modelyard.infra.startup.preparation import Prepared, prepare

__all__ = [
    "AddressNotFree",
    "AlreadyServed",
    "DatabaseTooNew",
    "Prepared",
    "PublicUrlRequired",
    "bind",
    "check_address",
    "holder",
    "is_loopback",
    "only_server",
    "prepare",
]
