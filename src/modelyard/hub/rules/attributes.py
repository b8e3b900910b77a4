"""Whether a new file goes into git as it is, or to LFS; and which files an upload should leave out.

The order: Parquet is always LFS (the `datasets` client depends on it); then the last line of .gitattributes that speaks
of the path; then the size; then whether the first bytes look like text.
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from modelyard.hub.errors import AttributesRefused
from modelyard.hub.rules.globs import MAX_PATTERN, Glob

MAX_REGULAR_BYTES = 10 * 1000 * 1000
MAX_RULES = 2000
MAX_LINE_BYTES = 2047
ATTRIBUTES = ".gitattributes"
_LARGE_ENDINGS = """
    7z arrow bin bz2 ckpt ftz gguf gz h5 joblib lfs.* mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl pt pth
    rar safetensors tar.* tar tflite tgz wasm xz zip zst
""".split()
DEFAULT_ATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in (*(f"*.{ending}" for ending in _LARGE_ENDINGS), "saved_model/**/*", "*tfevents*")
)
"""What a new repository starts with."""


class UploadMode(StrEnum):
    """Where the bytes of a file go."""

    REGULAR = "regular"
    LFS = "lfs"


@dataclass(frozen=True, slots=True)
class _Rule:
    glob: Glob
    lfs: bool


class Attributes:
    """The lines of .gitattributes that speak of `filter`."""

    def __init__(self, text: str) -> None:
        self._rules = tuple(_rules(text.splitlines()[:MAX_RULES]))

    def lfs(self, path: str) -> bool | None:
        """Return what the last line that matches says, or None if no line speaks of the path."""
        return next((rule.lfs for rule in reversed(self._rules) if rule.glob.matches(path)), None)


def _rules(lines: Iterable[str]) -> Iterable[_Rule]:
    for line in lines:
        pattern, *attributes = line.split() or ("",)
        if not pattern or pattern.startswith(("#", "[attr]", "!")) or len(pattern) > MAX_PATTERN:
            continue
        filters = [word for word in attributes if word.lstrip("-!").split("=")[0] == "filter"]
        if filters:
            yield _Rule(Glob(pattern.strip('"')), filters[-1] == "filter=lfs")


def upload_mode(path: str, *, size: int, sample: bytes, attributes: Attributes) -> UploadMode:
    """Decide where a new file goes; `sample` is its first bytes (clients send 512)."""
    if path.lower().endswith(".parquet"):
        return UploadMode.LFS
    said = attributes.lfs(path)
    large = size > MAX_REGULAR_BYTES or (looks_binary(sample) if said is None else said)
    return UploadMode.LFS if large and size > 0 else UploadMode.REGULAR


def looks_binary(sample: bytes) -> bool:
    """Tell whether bytes are not UTF-8 text; a character cut at the end of the sample does not count against it."""
    if b"\0" in sample:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return True
    return False


class Ignore:
    """The lines of a .gitignore file."""

    def __init__(self, text: str) -> None:
        self._rules: list[tuple[Glob, bool, bool]] = []
        for line in text.splitlines()[:MAX_RULES]:
            pattern = line.rstrip()
            if not pattern or pattern.startswith("#") or len(pattern) > MAX_PATTERN:
                continue
            kept, pattern = pattern.startswith("!"), pattern.removeprefix("!")
            folder, pattern = pattern.endswith("/"), pattern.rstrip("/")
            if pattern:
                self._rules.append((Glob(pattern), kept, folder))

    def ignores(self, path: str) -> bool:
        """Tell whether the file, or a folder above it, is ignored."""
        parts = path.split("/")
        depths = range(1, len(parts) + 1)
        return any(self._says("/".join(parts[:depth]), folder=depth < len(parts)) for depth in depths)

    def _says(self, path: str, *, folder: bool) -> bool:
        speaking = (rule for rule in reversed(self._rules) if folder or not rule[2])
        return next((not kept for glob, kept, _ in speaking if glob.matches(path)), False)


def check_attributes(path: str, content: bytes) -> None:
    """Raise AttributesRefused for a .gitattributes, in any folder, that git's own fsck would refuse."""
    if path.rsplit("/", 1)[-1] == ATTRIBUTES and any(len(line) > MAX_LINE_BYTES for line in content.split(b"\n")):
        raise AttributesRefused(path=path, most=MAX_LINE_BYTES, field="path")
