"""Read an engine's stream as bytes: what it has cost so far, and which of it the client shall see.

A chunk is parsed as JSON only where that cannot be avoided, which is once or twice in a stream. Searching the bytes is
sound because a quotation mark inside a JSON string is always escaped: `,"timings":{` can only be the field itself.
"""

from __future__ import annotations

import json
import re

from modelyard.serving.engines import Dialect
from modelyard.serving.gateway.words import Spent

_INDEX = re.compile(rb'"index":(\d+)')
_FINISHED = b'"finish_reason":"'
_USAGE = b'"usage":{'
_EVENT = b"data: "
DONE = b"[DONE]"


def split(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut a buffer into the payloads of whole `data:` events and the rest; comments are dropped."""
    *events, rest = buffer.split(b"\n\n")
    return [event[len(_EVENT) :] for event in events if event.startswith(_EVENT)], rest


class Tally:
    """The running count of one stream of one or more choices."""

    __slots__ = ("_cached", "_choices", "_dialect", "_generated", "_last", "_prompt", "finished")

    def __init__(self, dialect: Dialect, choices: int) -> None:
        self._dialect = dialect
        self._choices = choices
        self._generated = [0] * choices
        self._last = 0
        self._prompt = 0
        self._cached = 0
        self.finished = 0

    @property
    def complete(self) -> bool:
        """Whether each choice has come to its end."""
        return self.finished >= self._choices

    @property
    def spent(self) -> Spent:
        """What was used so far."""
        return Spent(self._prompt, sum(self._generated), self._cached)

    def take(self, payload: bytes) -> bytes | None:
        """Count a chunk and return what the client may see of it; None when that is nothing."""
        cut = payload.rfind(self._dialect.cut)
        if cut >= 0:
            self._count(payload, cut)
            payload = payload[:cut] + b"}"
        if _USAGE in payload:
            return self._take_usage(payload)
        if _FINISHED in payload:
            self.finished += 1
            self._last = self._index(payload)
        return payload

    def _count(self, payload: bytes, cut: int) -> None:
        generated = self._dialect.generated.search(payload, cut)
        if generated:
            index = self._index(payload) if b'"choices":[]' not in payload else self._last
            self._generated[index] = int(generated[1])
        if not self._prompt:
            self._prompt = sum(int(part[1]) for part in self._dialect.prompted.finditer(payload, cut))

    def _index(self, payload: bytes) -> int:
        if self._choices == 1:
            return 0
        found = _INDEX.search(payload)
        return min(int(found[1]), self._choices - 1) if found else 0

    def _take_usage(self, payload: bytes) -> bytes | None:
        chunk = json.loads(payload)
        usage = chunk.pop("usage")
        choices = chunk.get("choices")
        if choices:
            self.finished += 1
            self._last = self._index(payload)
        self._generated[self._last] = usage["completion_tokens"]
        self._prompt = usage["prompt_tokens"]
        self._cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        return json.dumps(chunk, separators=(",", ":")).encode() if choices else None


_PROMPT = re.compile(rb'"prompt_tokens":(\d+)')
_COMPLETION = re.compile(rb'"completion_tokens":(\d+)')
_CACHED = re.compile(rb'"cached_tokens":(\d+)')


def read_whole(body: bytes, dialect: Dialect) -> tuple[bytes, Spent]:
    """Return an unstreamed answer without the engine's own last field, and what it used; ValueError without usage."""
    cut = body.rfind(dialect.cut)
    seen = body[:cut] + b"}" if cut >= 0 else body
    start = seen.rfind(_USAGE)
    prompt, completion = _PROMPT.search(seen, start), _COMPLETION.search(seen, start)
    if start < 0 or not prompt or not completion:
        raise ValueError("the engine's answer tells no usage")
    cached = _CACHED.search(seen, start)
    return seen, Spent(int(prompt[1]), int(completion[1]), int(cached[1]) if cached else 0)
