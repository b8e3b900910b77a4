"""Check a GGUF file from its header alone, and read what it tells of its model.

    magic "GGUF" | version u32 | tensors u64 | metadata pairs u64
    pairs:   key string | type u32 | value            string: length u64 | UTF-8 bytes
    tensors: name string | dimensions u32 | each u64 | type u32 | offset u64
    padding to `general.alignment`, then the data that the offsets count from

Everything is little-endian. No count is believed before it is held against the bytes that are there, so a hostile file
costs no more than its own size. Source: the GGUF specification of the ggml project, versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from modelyard.serving.engines.words import ModelFacts
from modelyard.serving.errors import GgufTooShort, GgufUnsound, GgufUnsupported, ModelFileAbsent, NotAGgufFile

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_LONGEST_NAME = 512
_MOST_TENSORS = 1 << 20
_MOST_PAIRS = 1 << 16
_MOST_DIMENSIONS = 4
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_SMALLEST = {_STRING: 8, **{kind: struct.calcsize("<" + code) for kind, code in _SCALARS.items()}}

_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
"""Elements of a block and its bytes, by ggml's type number."""

Scalar = str | int | float | bool
Metadata = dict[str, Scalar]


class _Tensor(NamedTuple):
    name: str
    elements: int
    kind: int
    offset: int


class _Reader:
    """Walks through the bytes and never past their end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.size = len(data)
        self.at = 0

    def number(self, code: str) -> int:
        """One little-endian integer."""
        return int(self.scalar(code))

    def scalar(self, code: str) -> Scalar:
        """One little-endian value of a `struct` code."""
        size = struct.calcsize("<" + code)
        self.need(size, "the header")
        value: Scalar = struct.unpack_from("<" + code, self.data, self.at)[0]
        self.at += size
        return value

    def string(self) -> str:
        """A length and so many bytes of UTF-8."""
        length = self.number("Q")
        self.need(length, "the header")
        raw = self.data[self.at : self.at + length]
        self.at += length
        return raw.decode("utf-8", "replace")

    def skip(self, size: int) -> None:
        """Step over bytes that must be there."""
        self.need(size, "the header")
        self.at += size

    def need(self, size: int, part: str) -> None:
        """Raise `GgufTooShort` unless so many bytes follow."""
        if size > self.size - self.at:
            raise GgufTooShort(size=self.size, part=part, needed=self.at + size)


def inspect(path: Path) -> ModelFacts:
    """Return what the header tells; raises a `DomainError` that says what is wrong with the file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < len(_MAGIC):
                raise NotAGgufFile
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _inspect(_Reader(data))
    except OSError as error:
        raise ModelFileAbsent from error


def _inspect(reader: _Reader) -> ModelFacts:
    tensor_count, pair_count = _head(reader)
    metadata = _metadata(reader, pair_count)
    tensors = [_tensor(reader) for _ in range(tensor_count)]
    _check_data(reader, tensors, _alignment(metadata))
    architecture = str(metadata.get("general.architecture", ""))
    context = metadata.get(f"{architecture}.context_length", 0)
    if not architecture or not isinstance(context, int) or context < 1:
        raise GgufUnsupported(detail="it names no architecture with a context length")
    return ModelFacts(
        architecture=architecture,
        name=_text(metadata, "general.name"),
        license=_text(metadata, "general.license"),
        context_length=context,
        chat_template=_text(metadata, "tokenizer.chat_template"),
        parameters=sum(tensor.elements for tensor in tensors),
        size=reader.size,
    )


def _head(reader: _Reader) -> tuple[int, int]:
    if reader.data[:4] != _MAGIC:
        raise NotAGgufFile
    reader.skip(4)
    version = reader.number("I")
    if version not in _VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
        raise GgufUnsupported(detail="it is big-endian" if swapped else f"version {version} is not 2 or 3")
    tensors, pairs = reader.number("Q"), reader.number("Q")
    if tensors > _MOST_TENSORS or pairs > _MOST_PAIRS:
        raise GgufUnsound(detail=f"it announces {tensors} tensors and {pairs} pairs")
    if tensors == 0:
        raise GgufUnsupported(detail="it holds no tensors, as the first part of a split model does")
    return tensors, pairs


def _metadata(reader: _Reader, count: int) -> Metadata:
    found: Metadata = {}
    for _ in range(count):
        key = reader.string()
        value = _value(reader, key)
        if value is not None:
            found[key] = value
    if found.get("split.count", 0) not in {0, 1}:
        raise GgufUnsupported(detail="it is one part of a split model")
    return found


def _value(reader: _Reader, key: str) -> Scalar | None:
    kind = reader.number("I")
    if kind == _STRING:
        return reader.string()
    if kind == _ARRAY:
        _skip_array(reader, key)
        return None
    code = _SCALARS.get(kind)
    if code is None:
        raise GgufUnsound(detail=f"the value of {key[:80]} has the unknown type {kind}")
    return reader.scalar(code)


def _skip_array(reader: _Reader, key: str) -> None:
    kind, count = reader.number("I"), reader.number("Q")
    smallest = _SMALLEST.get(kind)
    if smallest is None:
        raise GgufUnsound(detail=f"the elements of {key[:80]} have the unknown type {kind}")
    reader.need(count * smallest, "the header")
    if kind == _STRING:
        for _ in range(count):
            reader.skip(reader.number("Q"))
    else:
        reader.skip(count * smallest)


def _tensor(reader: _Reader) -> _Tensor:
    name = reader.string()
    dimensions = reader.number("I")
    if not name or len(name) > _LONGEST_NAME or dimensions > _MOST_DIMENSIONS:
        raise GgufUnsound(detail=f"tensor {name[:80]!r} has {dimensions} dimensions")
    elements = 1
    for _ in range(dimensions):
        elements *= reader.number("Q")
    return _Tensor(name, elements, reader.number("I"), reader.number("Q"))


def _alignment(metadata: Metadata) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise GgufUnsound(detail=f"the alignment {alignment} is not a power of two")
    return alignment


def _check_data(reader: _Reader, tensors: list[_Tensor], alignment: int) -> None:
    start = -(-reader.at // alignment) * alignment
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise GgufUnsound(detail="two tensors have one name")
    for tensor in tensors:
        elements, size = _BLOCKS.get(tensor.kind, (0, 0))
        if not elements:
            raise GgufUnsupported(detail=f"tensor {tensor.name[:80]} has the unknown type {tensor.kind}")
        if tensor.offset % alignment or tensor.elements % elements:
            raise GgufUnsound(detail=f"tensor {tensor.name[:80]} is not aligned")
        end = start + tensor.offset + tensor.elements // elements * size
        if end > reader.size:
            raise GgufTooShort(size=reader.size, part=f"tensor {tensor.name[:80]}", needed=end)


def _text(metadata: Metadata, key: str) -> str | None:
    value = metadata.get(key)
    return value if isinstance(value, str) and value else None
