"""Failures at the terminal: a sentence, a hint, and an exit code that scripts can tell apart."""

import json
from collections.abc import Mapping

from modelyard.infra import Catalogs
from modelyard.infra.terminal import terminal_locale
from modelyard.kernel import DomainError, Kind

EXIT_CODES: Mapping[Kind, int] = {
    Kind.INVALID: 2,  # the same as for an option that does not exist: the command was called wrongly
    Kind.NOT_FOUND: 3,
    Kind.CONFLICT: 4,
    Kind.FORBIDDEN: 5,
    Kind.UNAUTHENTICATED: 6,
    Kind.PAYMENT_REQUIRED: 7,
    Kind.QUOTA: 8,
    Kind.RATE: 9,
    Kind.UNAVAILABLE: 10,
    Kind.LEGAL: 11,
}
INTERRUPTED = 130


def describe(error: DomainError, *, as_json: bool) -> str:
    """Return what to print to standard error: two lines for people, or one JSON document for programs."""
    catalogs, locale = Catalogs.load(), terminal_locale()
    sentence, hint = catalogs.sentence(locale, error), catalogs.hint(locale, error)
    if not as_json:
        return f"{sentence}\n{hint}"
    body = {"code": error.code, "sentence": sentence, "hint": hint, "field": error.field, "data": error.data}
    return json.dumps({"error": body}, ensure_ascii=False)
