"""LFS pointers: the small text that stands in git for a large file (git-lfs specification v1)."""

import re
from dataclasses import dataclass

MAX_POINTER_BYTES = 1024
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,17})\n"
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Lfs:
    """A large file: the SHA-256 of its bytes, and how many there are."""

    sha256: str
    size: int

    def pointer(self) -> bytes:
        """Return the pointer text that git holds."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()


def parse_pointer(content: bytes) -> Lfs | None:
    """Return what a canonical pointer names, or None for any other content."""
    match = _POINTER.fullmatch(content) if len(content) <= MAX_POINTER_BYTES else None
    return Lfs(match[1].decode(), int(match[2])) if match else None


def is_sha256(text: str) -> bool:
    """Tell whether the text is a SHA-256 in lower-case hexadecimal."""
    return _SHA256.fullmatch(text) is not None
