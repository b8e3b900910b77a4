"""Mint public ids: a prefix, 48 bits of milliseconds and 80 random bits, in Crockford's lower-case base 32 (a ULID).

Random bytes come from the operating system in blocks. Each call of the system lets go of the interpreter's lock, and to
get it back beside a busy writer was measured to cost 35 us, five times the rest of an id.
"""

import os
import threading

from modelyard.infra.tables import to_micros
from modelyard.kernel import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_RANDOM_BYTES = 10
_SHIFTS = range(120, -1, -10)
_BLOCK = 4096


class Entropy:
    """Hands out bytes of the system's cryptographic source, each of them once; every thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._block = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return so many random bytes, at most 4,096."""
        with self._lock:
            if self._at + count > len(self._block):
                self._block, self._at = os.urandom(_BLOCK), 0
            self._at += count
            return self._block[self._at - count : self._at]


_entropy = Entropy()  # because randomness is nothing that two servers in one process could want to keep apart


def mint(prefix: str, clock: Clock) -> str:
    """Return a new id such as `dep_01k9...`; ids of one prefix sort by time."""
    number = to_micros(clock.now()) // 1000 << 8 * _RANDOM_BYTES | int.from_bytes(_entropy.take(_RANDOM_BYTES))
    return prefix + "_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
