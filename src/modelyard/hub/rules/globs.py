"""Git's wildmatch for .gitattributes and .gitignore, in time that no hostile pattern can blow up.

A pattern is cut at its slashes; within a part the classic two-pointer walk matches `*`, across parts a table does. So
the cost is bounded by pattern times path, where a translation to regular expressions would backtrack.
"""

import re
from functools import lru_cache

_TOKEN = re.compile(r"\\(.)|(\*+)|(\?)|\[([!^]?)(\]?[^\]]*)\]|(.)", re.DOTALL)
_STAR = None
MAX_PATTERN = 512

Token = re.Pattern[str] | None


class Glob:
    """One pattern; with a slash inside it is anchored at the root, without one it matches the last part anywhere."""

    __slots__ = ("_anchored", "_parts")

    def __init__(self, pattern: str) -> None:
        body = pattern.removeprefix("/")
        self._anchored = "/" in pattern
        self._parts = tuple("**" if part == "**" else _tokens(part) for part in body.split("/"))

    def matches(self, path: str) -> bool:
        """Tell whether the pattern matches the whole path (from the root, without a slash at either end)."""
        segments = path.split("/")
        return _across(self._parts, segments) if self._anchored else _across(self._parts, segments[-1:])


@lru_cache(maxsize=4096)
def _tokens(part: str) -> tuple[Token, ...]:
    return tuple(_token(match) for match in _TOKEN.finditer(part))


def _token(match: re.Match[str]) -> Token:
    escaped, stars, question, negated, members, plain = match.groups()
    if stars:
        return _STAR
    if question:
        return re.compile(".", re.DOTALL)
    if members is not None:
        return _class(members, negated=bool(negated))
    return re.compile(re.escape(escaped or plain))


def _class(members: str, *, negated: bool) -> re.Pattern[str]:
    body = re.sub(r"([\[\]\\^&~|])", r"\\\1", members)
    try:
        return re.compile(f"[{'^' if negated else ''}{body}]")
    except re.error:
        return re.compile(r"(?!)")


def _across(parts: tuple[str | tuple[Token, ...], ...], segments: list[str]) -> bool:
    """Match parts against segments; `reach[i]` says that the parts so far can end before segment i."""
    reach = [True] + [False] * len(segments)
    for index, part in enumerate(parts):
        if isinstance(part, str):
            first = reach.index(True) if True in reach else len(reach)
            least = first + 1 if index == len(parts) - 1 else first
            reach = [at >= least for at in range(len(reach))]
        else:
            reach = [False, *(reach[at] and _within(part, segment) for at, segment in enumerate(segments))]
    return reach[-1]


def _within(tokens: tuple[Token, ...], text: str) -> bool:
    at = token = 0
    star, resume = -1, 0
    while at < len(text):
        if token < len(tokens) and tokens[token] is _STAR:
            star, resume = token, at
            token += 1
        elif token < len(tokens) and _one(tokens[token], text[at]):
            at += 1
            token += 1
        elif star >= 0:
            resume += 1
            at, token = resume, star + 1
        else:
            return False
    return all(rest is _STAR for rest in tokens[token:])


def _one(token: Token, character: str) -> bool:
    return token is not None and token.fullmatch(character) is not None
