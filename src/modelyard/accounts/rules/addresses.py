"""Which client addresses count as one: a home or an office gets a whole IPv6 network, so a guesser would too."""

from ipaddress import IPv6Address, IPv6Network, ip_address

_ONE_SITE = 64


def group(address: str) -> str:
    """Return the IPv4 address itself, or the /64 network of an IPv6 address; anything else is one group of its own."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(IPv6Network((int(parsed), _ONE_SITE), strict=False))
