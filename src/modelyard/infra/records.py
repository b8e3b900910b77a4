"""Frozen dataclasses with a stable name, kept as JSON: tasks for later and events that happened."""

from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import TypeAdapter


class Record(Protocol):
    """A frozen dataclass whose `name` is stored; renaming the class is free, renaming the name is a migration.

    Fields are anything that pydantic takes to JSON and back: text, numbers, `datetime`, enums, tuples of these.
    """

    name: ClassVar[str]

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)


def encode(record: Record) -> dict[str, Any]:
    """Return the fields as JSON values."""
    fields: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return fields


def decode(kind: type[R], fields: dict[str, Any]) -> R:
    """Return the record of these JSON values; raises `ValueError` when they do not fit.

    A field that the class has a default for may be missing, so that what an older release wrote stays readable.
    """
    record: R = _adapter(kind).validate_python(fields)
    return record


@lru_cache(maxsize=256)
def _adapter(kind: type[Record]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
