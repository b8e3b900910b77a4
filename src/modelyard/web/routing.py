"""Routes over the percent-encoded path, so that an encoded slash stays inside its segment."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from modelyard.web.bodies import allow


class RawRoute(Route):
    """A route that is matched before decoding: `/tree/{rev}` takes `refs%2Fpr%2F1` as one segment.

    Parameters are decoded after the path was cut; bytes that are not UTF-8 become surrogates, which name nothing.
    `choices` narrows a parameter to words of a regular expression, so that a route takes no address of anybody else.
    `most`, in bytes, stands for `bodies.MAX_BODY_BYTES` where a body is read in pieces.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: list[str],
        choices: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=methods)
        self._most = most
        pattern = self.path_regex.pattern
        for name, words in (choices or {}).items():
            pattern = pattern.replace(f"(?P<{name}>[^/]+)", f"(?P<{name}>{words})")
        self.path_regex = re.compile(pattern)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path as it was sent."""
        raw = scope.get("raw_path")
        if scope["type"] != "http" or raw is None:
            return super().matches(scope)
        sent = raw.split(b"?", 1)[0].decode("latin-1")
        match, child = super().matches({**scope, "path": sent})
        if match is not Match.NONE:
            child["path_params"] = {name: _decoded(value) for name, value in child["path_params"].items()}
        return match, child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the endpoint, under the route's own bound of the body if it has one."""
        if self._most is not None:
            allow(scope, self._most)
        await super().handle(scope, receive, send)


def _decoded(value: object) -> object:
    return unquote(value, errors="surrogateescape") if isinstance(value, str) else value
