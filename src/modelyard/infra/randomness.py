"""The one place that draws secrets."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def random_text(length: int = 40) -> str:
    """Return random letters and digits; forty of them carry 238 bits, and a double click selects them all."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
