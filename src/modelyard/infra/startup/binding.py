"""The address that a server listens on."""

import socket
from ipaddress import ip_address

from modelyard.infra.settings import Settings
from modelyard.infra.startup.errors import AddressNotFree, PublicUrlRequired


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server that binds this host."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_address(settings: Settings) -> None:
    """Refuse to be reachable from elsewhere without a public URL; raises `PublicUrlRequired`.

    Links in mails, upload addresses and cookies are made from it, never from what a request claims.
    """
    if not is_loopback(settings.host) and not settings.public_url:
        raise PublicUrlRequired(field="public_url", host=settings.host or "*")


def bind(settings: Settings) -> socket.socket:
    """Take the address, so that port 0 becomes a number before anything is built on it; raises `AddressNotFree`."""
    host, port = settings.host.strip("[]"), settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressNotFree(host=host, port=port, reason=error.strerror or "no such address") from error
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        raise AddressNotFree(host=host, port=port, reason=error.strerror or "in use") from error
    return taken
