"""Which passwords are accepted: long rather than adorned (NIST SP 800-63B, section 3.1.1)."""

import unicodedata
from enum import StrEnum

MIN_LENGTH = 10
MAX_LENGTH = 256
_FEWEST_DIFFERENT = 5


class PasswordVerdict(StrEnum):
    """What the rule says about a new password."""

    GOOD = "good"
    SHORT = "short"
    LONG = "long"
    GUESSABLE = "guessable"


def normal(password: str) -> str:
    """Return the one spelling of a password that is hashed, so that two keyboards agree on an accent (NFKC)."""
    encodable = password.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFKC", encodable)


def judge(password: str, *, name: str) -> PasswordVerdict:
    """Judge a new password of the user called `name`; lengths count characters of the normal form."""
    text = normal(password)
    if len(text) < MIN_LENGTH:
        return PasswordVerdict.SHORT
    if len(text) > MAX_LENGTH:
        return PasswordVerdict.LONG
    without_name = text.lower().replace(name.lower(), "")
    if len(set(without_name)) < _FEWEST_DIFFERENT:
        return PasswordVerdict.GUESSABLE
    return PasswordVerdict.GOOD
