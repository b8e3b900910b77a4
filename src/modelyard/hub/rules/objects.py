"""Git objects as bytes and their ids: real git, so that any id is honest and export is a copy.

Formats: gitformat-pack(5), git-hash-object(1). An id is the SHA-1 of `type SP size NUL body`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NewType

Oid = NewType("Oid", str)
"""40 lower-case hexadecimal digits."""


class ObjectType(IntEnum):
    """The four types, by their numbers in a pack."""

    COMMIT = 1
    TREE = 2
    BLOB = 3
    TAG = 4


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when; git keeps whole seconds and the zone, which is always UTC here."""

    name: str
    email: str
    at: datetime

    def encode(self) -> str:
        """Return `name <email> seconds +0000`, odd characters left out as git itself does."""
        return f"{_clean(self.name)} <{_clean(self.email)}> {int(self.at.timestamp())} +0000"


def object_id(kind: ObjectType, body: bytes) -> Oid:
    """Return the id of an object."""
    digest = hashlib.sha1(f"{kind.name.lower()} {len(body)}\0".encode(), usedforsecurity=False)
    digest.update(body)
    return Oid(digest.hexdigest())


def blob_id(content: bytes) -> Oid:
    """Return the id of a file's content."""
    return object_id(ObjectType.BLOB, content)


def encode_commit(tree: Oid, parents: Sequence[Oid], author: Signature, message: str) -> bytes:
    """Return the body of a commit whose author is its committer."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author.encode()}", f"committer {author.encode()}", "", _text(message)]
    return "\n".join(lines).encode()


def encode_tag(target: Oid, name: str, tagger: Signature, message: str) -> bytes:
    """Return the body of an annotated tag on a commit."""
    head = f"object {target}\ntype commit\ntag {name}\ntagger {tagger.encode()}\n\n"
    return (head + _text(message)).encode()


def _text(message: str) -> str:
    """Return the message without NUL, which no git message may hold, and with one newline at its end."""
    return message.replace("\0", "").encode(errors="replace").decode().rstrip("\n") + "\n"


def _clean(text: str) -> str:
    kept = "".join(character for character in text if character not in "<>\n\0")
    return kept.encode(errors="replace").decode().strip(" .,:;\"'") or "unknown"
