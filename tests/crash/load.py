"""People at work on a server that may die at any moment: they remember exactly what they were told was done."""

import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.support.yard import Yard

CHATTERS, STREAMERS, COMMITTERS = 3, 2, 2


@dataclass
class Told:
    """What the server acknowledged: ids of answered requests, and commit ids by the path that each of them added."""

    requests: list[str] = field(default_factory=list)
    commits: dict[str, str] = field(default_factory=dict)


class Load:
    """Threads that chat, stream and commit until they are told to stop, or the server is gone."""

    def __init__(self, yard: Yard, *, customer: str, publisher: str, repo: str, told: Told) -> None:
        self._yard = yard
        self._customer = customer
        self._publisher = publisher
        self._repo = repo
        self._told = told
        self._stop = threading.Event()
        self._count = 0
        self._lock = threading.Lock()
        work = [self._chat] * CHATTERS + [self._stream] * STREAMERS + [self._commit] * COMMITTERS
        self._threads = [threading.Thread(target=self._again, args=(one,)) for one in work]

    def start(self) -> None:
        """Set everybody to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish, and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _again(self, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                work()
            except (OSError, HTTPException):  # the server died under us: what was not acknowledged is not remembered
                return

    def _chat(self) -> None:
        answer = self._yard.call("POST", "/v1/chat/completions", token=self._customer, body=_question(stream=False))
        if answer.status == 200:
            self._told.requests.append(str(answer.headers["x-request-id"]))

    def _stream(self) -> None:
        request = urllib.request.Request(
            self._yard.url + "/v1/chat/completions",
            data=json.dumps(_question(stream=True)).encode(),
            headers={"Authorization": f"Bearer {self._customer}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                if answer.read().endswith(b"data: [DONE]\n\n"):
                    self._told.requests.append(str(answer.headers["x-request-id"]))
        except urllib.error.HTTPError as error:
            error.close()

    def _commit(self) -> None:
        with self._lock:
            self._count += 1
            path = f"notes/{len(self._told.commits)}-{self._count}.txt"
        content = base64.b64encode(path.encode()).decode()
        lines = [
            {"key": "header", "value": {"summary": f"Add {path}"}},
            {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}},
        ]
        body = "\n".join(json.dumps(line) for line in lines).encode()
        where = f"/api/models/{self._repo}/commit/main"
        answer = self._yard.call("POST", where, token=self._publisher, body=body, Content_Type="application/x-ndjson")
        if answer.status == 200:
            self._told.commits[path] = answer.json()["commitOid"]


def _question(*, stream: bool) -> dict[str, object]:
    messages = [{"role": "user", "content": "What is the capital of Japan?"}]
    return {"model": "acme/micro", "messages": messages, "max_tokens": 24, "stream": stream}
