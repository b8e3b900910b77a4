"""Hash passwords with argon2id, and spend the same work on a name that nobody has."""

import threading
from dataclasses import dataclass
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from modelyard.accounts.errors import PasswordGuessable, PasswordTooLong, PasswordTooShort
from modelyard.accounts.rules import passwords
from modelyard.accounts.rules.passwords import PasswordVerdict

PasswordHash = NewType("PasswordHash", str)


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password was right, and against which stored hash that was found.

    `fresh` is the password's hash anew when the stored one is of older parameters. A verb that acts on this looks
    whether the stored hash is still `against`: hashing is slow, and a reset may have come between.
    """

    right: bool
    against: str | None
    fresh: PasswordHash | None = None


class Passwords:
    """Argon2id with OWASP's parameters for small servers: 19 MiB, two passes, one lane (about 25 ms of one core).

    At most two hashes run at once, so that a flood of sign-ins takes 38 MiB and no more. Calls block: use them in a
    worker thread, never on the event loop, and never inside a unit of work. The memory cost is in KiB.
    """

    def __init__(self, *, passes: int = 2, memory: int = 19_456, lanes: int = 1, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)
        self._slots = threading.BoundedSemaphore(at_once)
        self._nobody = self._hasher.hash("the password of nobody")

    def hash_new(self, password: str, *, name: str) -> PasswordHash:
        """Judge and hash the new password of the user called `name`; raises what is wrong with it."""
        verdict = passwords.judge(password, name=name)
        if verdict is PasswordVerdict.SHORT:
            raise PasswordTooShort(field="password", least=passwords.MIN_LENGTH)
        if verdict is PasswordVerdict.LONG:
            raise PasswordTooLong(field="password", most=passwords.MAX_LENGTH)
        if verdict is PasswordVerdict.GUESSABLE:
            raise PasswordGuessable(field="password")
        return self._hash(passwords.normal(password))

    def verify(self, password: str, stored: str | None) -> Verified:
        """Check a password; without a stored hash the work is the same and the answer is no."""
        text = passwords.normal(password[: passwords.MAX_LENGTH * 2])
        right = self._matches(stored or self._nobody, text) and stored is not None
        stale = right and self._hasher.check_needs_rehash(stored or "")
        return Verified(right, stored, self._hash(text) if stale else None)

    def _hash(self, text: str) -> PasswordHash:
        with self._slots:
            return PasswordHash(self._hasher.hash(text))

    def _matches(self, stored: str, text: str) -> bool:
        with self._slots:
            try:
                return self._hasher.verify(stored, text)
            except (VerificationError, InvalidHashError):
                return False
