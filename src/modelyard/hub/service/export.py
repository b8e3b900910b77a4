"""Write a repository as a bare git repository, to be cloned, checked or carried away."""

import hashlib
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from modelyard.hub import store
from modelyard.hub.content import pieces_of
from modelyard.hub.rules.objects import ObjectType
from modelyard.hub.rules.refs import BRANCHES, DEFAULT_BRANCH
from modelyard.hub.values import GitObject, Repository
from modelyard.infra.blobs import BlobStore

_BATCH = 500


def export_bare(session: Session, repository: Repository, folder: Path, blobs: BlobStore) -> None:
    """Write all objects as one pack, and the refs, into a new bare repository; needs git to index the pack.

    Large files stay pointers, as in every git repository with LFS.
    """
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)  # noqa: S607 - git is where PATH says
    pack = folder / "objects" / "pack" / "incoming.pack"
    with pack.open("wb") as file:
        count = sum(1 for _ in _objects(session, repository.pool))
        _write_pack(file, count, _objects(session, repository.pool), blobs)
    index = ["git", "--git-dir", str(folder), "index-pack", "--strict", str(pack)]
    subprocess.run(index, check=True, stdout=subprocess.DEVNULL)
    packed = "".join(f"{ref.oid} {ref.name}\n" for ref in store.refs.all_of(session, repository.id))
    (folder / "packed-refs").write_text(packed)
    (folder / "HEAD").write_text(f"ref: {BRANCHES}{DEFAULT_BRANCH}\n")


def _objects(session: Session, pool: int) -> Iterator[GitObject]:
    seq = 0
    while batch := store.objects.after(session, pool, seq, _BATCH):
        yield from (item for _, item in batch)
        seq = batch[-1][0]


def _write_pack(file: BinaryIO, count: int, objects: Iterator[GitObject], blobs: BlobStore) -> None:
    digest = hashlib.sha1(usedforsecurity=False)

    def write(data: bytes) -> None:
        digest.update(data)
        file.write(data)

    write(b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big"))
    for item in objects:
        write(_header(item.kind, item.size))
        for piece in _stream(item, blobs):
            write(piece)
    file.write(digest.digest())


def _stream(item: GitObject, blobs: BlobStore) -> Iterator[bytes]:
    if item.data is not None:
        yield item.data
        return
    squeeze = zlib.compressobj()
    for piece in pieces_of(item, blobs):
        yield squeeze.compress(piece)
    yield squeeze.flush()


def _header(kind: ObjectType, size: int) -> bytes:
    """Return type and size as gitformat-pack(5) writes them: four bits of size, then seven a byte, low ones first."""
    first, rest = kind << 4 | size & 15, size >> 4
    header = bytearray()
    while rest:
        header.append(first | 0x80)
        first, rest = rest & 0x7F, rest >> 7
    header.append(first)
    return bytes(header)
