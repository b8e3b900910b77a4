"""The body of a commit: one JSON object a line, read as it arrives, with limits before memory is taken.

{"key": "header", "value": {"summary": ..., "description": ..., "parentCommit": ...}}
{"key": "file", "value": {"path": ..., "content": ..., "encoding": "base64"}}
{"key": "lfsFile", "value": {"path": ..., "algo": "sha256", "oid": ..., "size": ...}}
{"key": "deletedFile", "value": {"path": ...}}
{"key": "deletedFolder", "value": {"path": ...}}
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, Protocol

from modelyard.hub import Message
from modelyard.hub.errors import CommitMalformed, CommitTooLarge
from modelyard.hub.rules.attributes import MAX_REGULAR_BYTES
from modelyard.hub.rules.pointers import is_sha256

MAX_LINE_BYTES = MAX_REGULAR_BYTES * 4 // 3 + 64 * 1024
MAX_BODY_BYTES = 512 * 1024 * 1024
MAX_LINES = 100_000
_KEYS = ("file", "lfsFile", "deletedFile", "deletedFolder")


class Target(Protocol):
    """What the operations of a commit are told to, in order."""

    def add_file(self, path: str, content: bytes) -> None:
        """Put a regular file."""
        ...

    def add_large(self, path: str, sha256: str, size: int | None = None) -> None:
        """Put a large file that was uploaded before."""
        ...

    def delete_file(self, path: str) -> None:
        """Remove a file."""
        ...

    def delete_folder(self, path: str) -> None:
        """Remove a folder."""
        ...


class CommitReader:
    """Cuts a body into lines and tells a draft what they say; raises CommitMalformed or CommitTooLarge."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._rest = bytearray()
        self._searched = 0
        self._taken = 0
        self._line = 0
        self._message: Message | None = None

    def feed(self, part: bytes) -> None:
        """Take the next part of the body."""
        self._taken += len(part)
        if self._taken > MAX_BODY_BYTES:
            raise CommitTooLarge(most=MAX_BODY_BYTES, unit="bytes")
        self._rest += part
        for line in self._lines():
            self._tell(line)
        if len(self._rest) > MAX_LINE_BYTES:
            raise self._bad(f"it is longer than {MAX_LINE_BYTES} bytes; upload large files as LFS objects")

    def close(self) -> Message:
        """Take the end of the body and return what the commit says of itself."""
        if self._rest.strip():
            self._tell(bytes(self._rest))
        if self._message is None:
            raise self._bad("the header is missing")
        return self._message

    def _lines(self) -> Iterator[bytes]:
        while (end := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:end])
            del self._rest[: end + 1]
            self._searched = 0
            yield line
        self._searched = len(self._rest)

    def _tell(self, line: bytes) -> None:
        self._line += 1
        if self._line > MAX_LINES:
            raise CommitTooLarge(most=MAX_LINES, unit="lines")
        if not line.strip():
            return
        if len(line) > MAX_LINE_BYTES:
            raise self._bad(f"it is longer than {MAX_LINE_BYTES} bytes; upload large files as LFS objects")
        key, value = self._parsed(line)
        if key == "header":
            self._head(value)
            return
        if self._message is None:
            raise self._bad("the header must come first")
        self._operation(key, value)

    def _parsed(self, line: bytes) -> tuple[str, dict[str, Any]]:
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            raise self._bad("it is not JSON") from None
        if not isinstance(document, dict) or not isinstance(document.get("value"), dict):
            raise self._bad('it is not an object with "key" and "value"')
        return str(document.get("key")), document["value"]

    def _head(self, value: dict[str, Any]) -> None:
        if self._message is not None:
            raise self._bad("there is a second header")
        parent = value.get("parentCommit")
        if parent is not None and not isinstance(parent, str):
            raise self._bad("parentCommit is not text")
        title, description = str(value.get("summary") or ""), str(value.get("description") or "")
        self._message = Message(title, description, parent or None)

    def _operation(self, key: str, value: dict[str, Any]) -> None:
        path = value.get("path")
        if key not in _KEYS or not isinstance(path, str):
            raise self._bad(f'"key" is not one of {", ".join(_KEYS)}' if key not in _KEYS else "path is not text")
        match key:
            case "file":
                self._target.add_file(path, self._content(value))
            case "lfsFile":
                self._target.add_large(path, *self._large(value))
            case "deletedFile":
                self._target.delete_file(path)
            case _:
                self._target.delete_folder(path)

    def _content(self, value: dict[str, Any]) -> bytes:
        content, encoding = value.get("content"), value.get("encoding", "utf-8")
        if not isinstance(content, str) or encoding not in ("base64", "utf-8"):
            raise self._bad("content is not text in base64 or utf-8")
        try:
            return base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
        except (binascii.Error, UnicodeEncodeError, ValueError):
            raise self._bad(f"content is not {encoding}") from None

    def _large(self, value: dict[str, Any]) -> tuple[str, int | None]:
        oid, size = value.get("oid"), value.get("size")
        if value.get("algo", "sha256") != "sha256" or not isinstance(oid, str) or not is_sha256(oid):
            raise self._bad("oid is not a sha256")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            raise self._bad("size is not a number of bytes")
        return oid, size

    def _bad(self, reason: str) -> CommitMalformed:
        return CommitMalformed(line=self._line, reason=reason)
