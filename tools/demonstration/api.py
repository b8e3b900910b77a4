"""The few calls of /api/v1 that the demo makes, as one person."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class Refused(Exception):
    """The server's own sentence and hint."""


class Api:
    """Calls with one person's token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url + "/api/v1"
        self._token = token

    def get(self, path: str) -> Any:  # noqa: ANN401 - decoded JSON
        """Ask for something."""
        return self.call("GET", path)

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - decoded JSON
        """Send one request and return the decoded answer; raises Refused."""
        request = urllib.request.Request(self._url + urllib.parse.quote(path), method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                problem = error.read().decode(errors="replace")
            raise Refused(f"{method} {path}: {error.code} {problem}") from error
