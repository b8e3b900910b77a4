"""Read the Authorization header."""

import base64
import binascii

from modelyard.accounts.errors import InvalidToken


def presented(header: str | None) -> str | None:
    """Return the token of an Authorization header, or None where nothing was presented.

    `Bearer TOKEN` is what clients send; git and git-lfs send `Basic base64(user:TOKEN)`, whose user counts for nothing,
    since the token knows its own. Raises InvalidToken for any other form.
    """
    if header is None:
        return None
    scheme, _, rest = header.strip().partition(" ")
    secret = rest.strip()
    if scheme.lower() == "basic":
        secret = _password(secret)
    elif scheme.lower() != "bearer":
        raise InvalidToken
    if not secret:
        raise InvalidToken
    return secret


def _password(encoded: str) -> str:
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidToken from None
    return pair.partition(":")[2]
