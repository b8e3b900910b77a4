"""One page of a list, and where the next one starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items in order, and an opaque cursor for the next page; `next` is None on the last one."""

    items: Sequence[T]
    next: str | None = None
