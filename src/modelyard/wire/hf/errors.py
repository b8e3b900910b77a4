"""Failures in the words of the Hub's clients: a status, `X-Error-Code`, `X-Error-Message`, and `{"error": ...}`.

The code is the error's own in camel case, so `repo_not_found` is the `RepoNotFound` by which clients tell a missing
repository from a missing route.
"""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from modelyard.kernel import DomainError, Kind
from modelyard.web import STATUS, Problem

PREFIXES = tuple(f"/api/{word}/" for word in ("models", "datasets", "spaces", "repos"))
"""Where clients of this wire ask, also for what we do not offer; `face` answers there."""
_STATUS_BY_CODE = {"branch_moved": 412, "storage_full": 507}
_STATUS_BY_KIND = {**STATUS, Kind.INVALID: 400}


def answer(error: DomainError, *, extra: Mapping[str, object] | None = None) -> Response:
    """Return the response to a failure; `extra` goes beside `error` in the body."""
    status = _STATUS_BY_CODE.get(error.code, _STATUS_BY_KIND[error.kind])
    headers = dict(refusal_headers(error.code, error.sentence_in_english()))
    commit = error.data.get("commit")
    if isinstance(commit, str):
        headers["X-Repo-Commit"] = commit  # by which a client remembers that this revision has no such file
    wait = error.data.get("retry_after")
    if isinstance(wait, int):
        headers["Retry-After"] = str(wait)
    body = {"error": told(error), **(extra or {})}
    return JSONResponse(body, status, headers=headers)


def told(error: DomainError) -> str:
    """Return the sentence of an error as text that any body can hold, whatever a caller sent."""
    return error.sentence_in_english().encode(errors="backslashreplace").decode()


def face(_request: object, problem: Problem) -> Response:
    """Return the response to a problem that was found outside of our own handlers: no such route, or a bug."""
    message = problem.sentence.format_map(_Lenient(problem.data))
    headers = {**problem.headers, **refusal_headers(problem.code, message)}
    return JSONResponse({"error": message}, problem.status, headers=headers)


def refusal_headers(code: str, message: str) -> dict[str, str]:
    """Return the two headers that clients read; a header holds no line breaks and only ASCII."""
    plain = " ".join(message.split()).encode("ascii", "backslashreplace").decode()
    return {"X-Error-Code": "".join(part.title() for part in code.split("_")), "X-Error-Message": plain[:500]}


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
