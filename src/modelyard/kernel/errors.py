"""Failures as values: a stable code, a kind, data, a sentence and what to do next; never a wire.

    DomainError                 code + kind + data + sentence + hint
      InvalidInput              a field of the request is wrong
      Unavailable               something that should work does not, for now
      ... each room's errors.py

A wire (HTTP problem, Hugging Face header, OpenAI body, exit code) maps `kind` and, where it must, `code`.
"""

from enum import StrEnum
from typing import ClassVar

from modelyard.kernel.messages import N_

Datum = str | int | bool | None


class Kind(StrEnum):
    """What sort of failure it is; every wire has one row for each."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    INVALID = "invalid"
    PAYMENT_REQUIRED = "payment_required"
    QUOTA = "quota"
    RATE = "rate"
    UNAVAILABLE = "unavailable"
    LEGAL = "legal"


class DomainError(Exception):
    """A failure that a person or a program can act on.

    Subclasses fill the class attributes; `data` fills the braces of `sentence` and `hint`, and travels on the wire
    beside the code. `field` names the input that is wrong, in the words of the caller.
    """

    code: ClassVar[str]
    kind: ClassVar[Kind]
    sentence: ClassVar[str]
    hint: ClassVar[str]

    def __init__(self, *, field: str | None = None, **data: Datum) -> None:
        self.field = field
        self.data = data
        super().__init__(self.sentence_in_english())

    def sentence_in_english(self) -> str:
        """Return the sentence with its data filled in, untranslated."""
        return fill(self.sentence, self.data)


def fill(template: str, data: dict[str, Datum]) -> str:
    """Fill `{name}` braces from data; a brace without a value stays as it is, since an error must not raise another."""
    return template.format_map(_Lenient(data))


class _Lenient(dict[str, Datum]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class InvalidInput(DomainError):
    """One field of the input is wrong; `field` names it and `reason` says why, in English."""

    code = "invalid_input"
    kind = Kind.INVALID
    sentence = N_("{name} is not valid: {reason}")
    hint = N_("Correct the field and send the request again.")


class Unavailable(DomainError):
    """A part of the system cannot answer for now; trying again later is sound."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE
    sentence = N_("{part} is not available: {reason}")
    hint = N_("Try again in a moment; if it lasts, ask the operator to run the doctor command.")
