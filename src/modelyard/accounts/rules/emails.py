"""What counts as an email address: enough to catch a slip; only a letter that arrives proves more."""

import re

MAX_LENGTH = 254
_SHAPE = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\].]+(\.[^\s@<>\"(),:;\\\[\].]+)+")


def well_formed(email: str) -> bool:
    """Tell whether the text looks like `name@example.org`."""
    return len(email) <= MAX_LENGTH and email.isprintable() and _SHAPE.fullmatch(email) is not None
