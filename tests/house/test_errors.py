"""An error is a value: a stable code, a kind, a sentence and what to do next.

Where the class name is the wire's code, renaming a class breaks clients; where a failure has no code, programs can tell
it from others only by its prose. So each code is unique, in snake_case, and written down.
"""

import re
from string import Formatter

from modelyard.kernel import Kind
from tests.house.source import verdict
from tools.reference import errors


def test_every_error_has_a_unique_code_in_snake_case() -> None:
    codes = [error.code for error in errors()]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    malformed = sorted(code for code in codes if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code))
    verdict(repeated + malformed, "A code is the name of one failure for ever.")


def test_every_error_says_what_happened_and_what_to_do_next() -> None:
    offences = [
        f"{error.__module__}.{error.__name__}"
        for error in errors()
        if not isinstance(error.kind, Kind) or not _is_prose(error.sentence) or not error.hint.endswith((".", "?"))
    ]
    verdict(offences, "It needs a kind, a sentence, and a hint that ends like a sentence.")


def test_braces_of_sentences_are_plain_names() -> None:
    offences = [
        f"{error.code}: {{{name}}}"
        for error in errors()
        for prose in (error.sentence, error.hint)
        for _, name, spec, conversion in Formatter().parse(prose)
        if name is not None and (not name.isidentifier() or spec or conversion)
    ]
    verdict(offences, "Data is formatted before it is put into an error.")


def _is_prose(sentence: str) -> bool:
    return sentence.startswith("{") or sentence[:1].isupper()
