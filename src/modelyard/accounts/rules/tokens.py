"""The shape of access tokens, and which token may bring forth another."""

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from modelyard.accounts.rules.scopes import Scope

PREFIX = "my_"
MIN_FOREIGN_LENGTH = 20
MAX_LENGTH = 512
_SHOWN_PREFIX = 3
_SHOWN_END = 4


@dataclass(frozen=True, slots=True)
class Preview:
    """What stays readable of a token once it was shown: enough to recognize it, far too little to guess it."""

    prefix: str
    last: str


def digest(secret: str) -> str:
    """Return the form in which a secret is stored: sha256, lower-case hexadecimal.

    A plain hash is enough, and fast enough for each request, because the secrets are random and not chosen by people.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def preview(secret: str) -> Preview:
    """Return the first three and the last four characters."""
    return Preview(prefix=secret[:_SHOWN_PREFIX], last=secret[-_SHOWN_END:])


def acceptable(secret: str) -> bool:
    """Tell whether a value brought from elsewhere can be a token here: 20 to 512 visible ASCII characters.

    A colon is refused, since it ends the user's name in HTTP Basic credentials.
    """
    fits = MIN_FOREIGN_LENGTH <= len(secret) <= MAX_LENGTH
    return fits and all("!" <= char <= "~" and char != ":" for char in secret)


def within(
    *, scopes: AbstractSet[Scope], expires: datetime | None, of_scopes: AbstractSet[Scope], of_expires: datetime | None
) -> bool:
    """Tell whether a token stays within its maker's: no scope more, and not a moment longer."""
    outlives = of_expires is not None and (expires is None or expires > of_expires)
    return scopes <= of_scopes and not outlives
