"""Mint public ids: a prefix, 48 bits of milliseconds and 80 random bits, in Crockford's lower-case base 32 (a ULID)."""

import secrets

from modelyard.infra.tables import to_micros
from modelyard.kernel import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)


def mint(prefix: str, clock: Clock) -> str:
    """Return a new id such as `dep_01k9...`; ids of one prefix sort by time."""
    number = to_micros(clock.now()) // 1000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return prefix + "_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
