"""The last lines that a child wrote, with its secrets blotted out."""

import re
import threading
from collections import deque
from collections.abc import Iterable

REDACTED = "[redacted]"
MAX_LINE = 4096

_LOOKS_SECRET = re.compile(
    r"(?i)((?:authorization|api[-_ ]?key|password|secret|token)[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|basic\s+)?"
    r"|bearer\s+|basic\s+(?=[A-Za-z0-9+/]{8}))[^\s\"',;]{4,}"
)


class LogRing:
    """Keep the last `lines` lines, safe to read from any thread.

    Each exact string of `secrets`, and whatever looks like a credential, is replaced before it is kept.
    A line is cut at 4,096 characters.
    """

    def __init__(self, lines: int = 200, *, secrets: Iterable[str] = ()) -> None:
        self._lines: deque[str] = deque(maxlen=lines)
        self._lock = threading.Lock()
        self._secrets: set[str] = set()
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Blot these strings out of every line from now on."""
        self._secrets |= {secret for secret in secrets if secret}

    def append(self, line: str) -> None:
        """Keep a line."""
        clean = self.redact(line)[:MAX_LINE]
        with self._lock:
            self._lines.append(clean)

    def redact(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return _LOOKS_SECRET.sub(lambda found: found[1] + REDACTED, text)

    def tail(self, lines: int | None = None) -> tuple[str, ...]:
        """The last lines, oldest first; all that are kept when `lines` is None."""
        with self._lock:
            kept = tuple(self._lines)
        return kept if lines is None else kept[max(0, len(kept) - lines) :]
