"""Which paths a repository may hold: none that git, a file system or a client could be tricked by.

The `.git` spellings follow git's own `fsck` (HFS+ ignores some code points, NTFS drops trailing dots and spaces and
has short names), so that whatever is accepted here is accepted by every clone on every system.
"""

import re

from modelyard.hub.errors import PathRefused

MAX_BYTES = 1024
MAX_SEGMENT_BYTES = 255
MAX_DEPTH = 64
_HFS_IGNORED = dict.fromkeys((*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))
_ODD = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")
_SHORT_NAME = re.compile(r"(git|gitmod|gi7eba|gitatt|gi7d29)~[0-9]+")
_FORBIDDEN = frozenset({".git", ".gitmodules"})
_ONLY_PLAIN = ".gitattributes"


def check_path(path: str) -> str:
    """Return the path if a repository may hold it; raise PathRefused naming it and the rule it breaks."""
    reason = _fault(path)
    if reason is not None:
        raise PathRefused(path=_printable(path), reason=reason, field="path")
    return path


def decode_path(raw: bytes) -> str:
    """Return checked text of a path that came as bytes; raise PathRefused if it is not UTF-8."""
    try:
        return check_path(raw.decode())
    except UnicodeDecodeError:
        text = _printable(raw.decode(errors="replace"))
        raise PathRefused(path=text, reason="it is not UTF-8", field="path") from None


def _fault(path: str) -> str | None:
    if not path:
        return "it is empty"
    if (size := _utf8_size(path)) is None:
        return "it is not UTF-8"
    if odd := _ODD.search(path):
        return "it holds a backslash" if odd[0] == "\\" else "it holds a control character"
    segments = path.split("/")
    if size > MAX_BYTES or len(segments) > MAX_DEPTH:
        return f"it is longer than {MAX_BYTES} bytes or deeper than {MAX_DEPTH} folders"
    return next(filter(None, map(_segment_fault, segments)), None)


def _utf8_size(path: str) -> int | None:
    try:
        return len(path.encode())
    except UnicodeEncodeError:
        return None


def _segment_fault(segment: str) -> str | None:
    if not segment:
        return "it starts or ends with '/', or has an empty part"
    if segment in (".", ".."):
        return "it has a part '.' or '..'"
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        return f"a part of it is longer than {MAX_SEGMENT_BYTES} bytes"
    plain = _undisguised(segment)
    if plain in _FORBIDDEN or _SHORT_NAME.fullmatch(plain):
        return f"'{plain}' is git's own name"
    if plain == _ONLY_PLAIN and segment != _ONLY_PLAIN:
        return "it is a disguised spelling of '.gitattributes'"
    return None


def _undisguised(segment: str) -> str:
    """Return the name as the laxest file system would read it: case, ignored code points, streams, trailing dots."""
    name = segment.translate(_HFS_IGNORED).lower().split(":", 1)[0]
    return name.rstrip(". ")


def _printable(path: str) -> str:
    return path.encode("unicode_escape", "backslashreplace").decode()[:200] if not path.isprintable() else path[:200]
