"""Which addresses may be called."""

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol, TypeAlias

from modelyard.infra.outbound.errors import OutboundFailed, OutboundRefused

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# The special-purpose registries of IANA (RFC 6890). Written out, because the answers of `is_global` differ between
# releases of Python 3.11. 168.63.129.16 is public by number, and yet answered by the machine's own host on Azure.
_SPECIAL: tuple[Network, ...] = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "168.63.129.16/32 2001::/23 2001:db8::/32 3fff::/20"
    ).split()
)


class Resolver(Protocol):
    """Turns names into addresses."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, best first, never none; raises `OSError` when it has none."""
        ...


class SystemResolver:
    """The resolver of the operating system; it also reads `/etc/hosts` and odd spellings such as `127.1`."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, best first; raises `OSError` when it has none."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError(str(error)) from error
        return list(dict.fromkeys(str(answer[4][0]) for answer in found))


class Guard:
    """Decides with an allow list of host names, addresses and networks (`10.1.0.0/16`)."""

    def __init__(self, allow: Iterable[str] = (), *, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or SystemResolver()
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for entry in allow:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(_plain(entry))

    def addresses(self, host: str, port: int) -> list[Address]:
        """Resolve a host and return those of its addresses that may be called.

        Raises `OutboundRefused` when there is none such, `OutboundFailed` when the name has no address.
        """
        try:
            found = [ip_address(text) for text in self._resolver.resolve(host, port)]
        except OSError as error:
            raise OutboundFailed(host=host, reason="the name has no address") from error
        if _plain(host) in self._hosts:
            return found
        permitted = [address for address in found if self.permits(address)]
        if not permitted:
            raise OutboundRefused(field="url", host=host, reason="its address is not public")
        return permitted

    def permits(self, address: Address) -> bool:
        """Tell whether an address is public or in an allowed network."""
        carried = embedded(address)
        return is_public(address) or any(
            candidate in network for network in self._networks for candidate in (address, carried) if candidate
        )


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet and to no machine near this one.

    Refused: private, loopback, link-local, shared (CGNAT), multicast, reserved, cloud metadata, and IPv6 forms that
    carry such an IPv4 address (mapped, NAT64, 6to4). Of IPv6 only global unicast is public.
    """
    carried = embedded(address)
    if carried is not None:
        return is_public(carried)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in block for block in _SPECIAL)


def embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, None when it stands for itself."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _plain(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()
