"""Between bytes and git objects: what is small lives in the database, what is larger in the blob store."""

import zlib
from collections.abc import Iterator
from contextlib import closing

from modelyard.hub.rules.objects import ObjectType, object_id
from modelyard.hub.values import GitObject
from modelyard.infra.blobs import BlobStore

MAX_INLINE_BYTES = 1024 * 1024
_LEVEL = 3
_PIECE = 1024 * 1024


def deflate(body: bytes) -> bytes:
    """Return the zlib stream of an object's body, as packs hold it."""
    return zlib.compress(body, _LEVEL)


def as_object(kind: ObjectType, body: bytes, notes: bytes | None = None) -> GitObject:
    """Return an object whose bytes fit into the database."""
    return GitObject(object_id(kind, body), kind, len(body), deflate(body), notes)


def as_blob(content: bytes, blobs: BlobStore) -> GitObject:
    """Return a file's object; content over 1 MiB is stored durably in the blob store first."""
    if len(content) <= MAX_INLINE_BYTES:
        return as_object(ObjectType.BLOB, content)
    with blobs.stage() as staging:
        staging.write(content)
        stored = staging.commit()
    oid = object_id(ObjectType.BLOB, content)
    return GitObject(oid, ObjectType.BLOB, len(content), None, sha256=stored.sha256)


def body_of(item: GitObject, blobs: BlobStore) -> bytes:
    """Return the bytes of an object; raises BlobNotFound if the store lost them."""
    return b"".join(pieces_of(item, blobs))


def pieces_of(item: GitObject, blobs: BlobStore) -> Iterator[bytes]:
    """Yield the bytes of an object in pieces of at most 1 MiB."""
    if item.data is not None:
        yield zlib.decompress(item.data)
        return
    with closing(blobs.open(item.sha256 or "")) as file:
        while piece := file.read(_PIECE):
            yield piece
