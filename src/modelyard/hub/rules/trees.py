"""Trees: the entries of a folder, in git's bytes and with what a listing needs beside them.

A tree row carries two columns. `body` is git's own tree. `notes` has one record for each entry, in the same order: the
size in bytes (of a folder: of all that is below it) and, for LFS files, the SHA-256. Both are decided by the content,
so a folder that did not change is shared by all commits, and a listing of any revision needs one query for each level.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from modelyard.hub.rules.objects import ObjectType, Oid, object_id
from modelyard.hub.rules.pointers import Lfs

_NOTE = struct.Struct(">Q")
_LFS_BIT = 1 << 63
_SHA256_BYTES = 32
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


class Mode(StrEnum):
    """The modes that a tree of ours holds, as git writes them."""

    FILE = "100644"
    EXECUTABLE = "100755"
    LINK = "120000"
    FOLDER = "40000"


class Entry(NamedTuple):
    """One name in a folder; a tuple, because listings make tens of thousands of them.

    `size` is the file's own (of an LFS file the large one), or of a folder the sum of all below it. `lfs` is the
    SHA-256 of an LFS file, `oid` then that of its pointer.
    """

    name: str
    mode: Mode
    oid: Oid
    size: int
    lfs: str | None = None

    @property
    def is_folder(self) -> bool:
        """Tell whether this names a tree."""
        return self.mode is Mode.FOLDER

    @property
    def large(self) -> Lfs | None:
        """Return the LFS object of a large file."""
        return None if self.lfs is None else Lfs(self.lfs, self.size)

    @property
    def etag(self) -> str:
        """Return what names the bytes: SHA-256 of an LFS file, git's id of any other."""
        return self.lfs or self.oid


class Tree(NamedTuple):
    """An encoded folder, ready to be stored."""

    oid: Oid
    body: bytes
    notes: bytes
    size: int


_MODES = {mode.value.encode(): mode for mode in Mode}


def _git_order(entry: Entry) -> bytes:
    name = entry.name.encode()
    return name + b"/" if entry.mode is Mode.FOLDER else name


def encode(entries: Iterable[Entry]) -> Tree:
    """Return the tree of these entries; their order does not matter, git's is applied."""
    ordered = sorted(entries, key=_git_order)
    body = b"".join(b"%b %b\0%b" % (e.mode.encode(), e.name.encode(), bytes.fromhex(e.oid)) for e in ordered)
    notes = b"".join(_note(entry) for entry in ordered)
    return Tree(object_id(ObjectType.TREE, body), body, notes, sum(map(attrgetter("size"), ordered)))


def _note(entry: Entry) -> bytes:
    if entry.lfs is None:
        return _NOTE.pack(entry.size)
    return _NOTE.pack(entry.size | _LFS_BIT) + bytes.fromhex(entry.lfs)


def decode(body: bytes, notes: bytes) -> Iterator[Entry]:
    """Yield the entries of a stored tree in git's order."""
    for (mode, name, oid), (size, lfs) in zip(_ENTRY.findall(body), _read_notes(notes), strict=True):
        yield Entry(name.decode(), _MODES[mode], Oid(oid.hex()), size, lfs)


def lookup(body: bytes, notes: bytes, name: str) -> Entry | None:
    """Return the entry of a name, or None; much cheaper than `decode` for large folders."""
    wanted = name.encode()
    if b" %b\0" % wanted not in body:
        return None
    for (mode, raw, oid), (size, lfs) in zip(_ENTRY.findall(body), _read_notes(notes), strict=True):
        if raw == wanted:
            return Entry(name, _MODES[mode], Oid(oid.hex()), size, lfs)
    return None


def _read_notes(notes: bytes) -> Iterator[tuple[int, str | None]]:
    at, end = 0, len(notes)
    unpack = _NOTE.unpack_from
    while at < end:
        (size,) = unpack(notes, at)
        at += _NOTE.size
        if size & _LFS_BIT:
            yield size ^ _LFS_BIT, notes[at : at + _SHA256_BYTES].hex()
            at += _SHA256_BYTES
        else:
            yield size, None


EMPTY = encode(())
"""The tree of a repository without files."""
