"""Mint public ids: a prefix, 48 bits of milliseconds and 80 random bits, in Crockford's lower-case base 32 (a ULID)."""

import secrets

from modelyard.kernel import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_LENGTH = 26


def mint(prefix: str, clock: Clock) -> str:
    """Return a new id such as `dep_01k9...`; ids of one prefix sort by time."""
    number = int(clock.now().timestamp() * 1000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return prefix + "_" + "".join(_ALPHABET[number >> shift & 31] for shift in range((_LENGTH - 1) * 5, -1, -5))
