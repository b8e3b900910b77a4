"""Failures in OpenAI's words: `{"error": {"message", "type", "param", "code"}}` and a status.

Credit that is used up is 402 here and not OpenAI's 429, because clients repeat a 429.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from modelyard.infra import Catalogs
from modelyard.kernel import N_, DomainError, Kind
from modelyard.kernel.errors import fill
from modelyard.web import Problem


class RequestUnsound(DomainError):
    """A parameter of the request is missing, of a wrong type or out of its range; `field` names it."""

    code = "request_unsound"
    kind = Kind.INVALID
    sentence = N_("Invalid value for '{param}': {reason}")
    hint = N_("Correct the parameter and send the request again.")


class ParameterUnknown(DomainError):
    """The request has a parameter that the protocol does not know, or that is not supported."""

    code = "unknown_parameter"
    kind = Kind.INVALID
    sentence = N_("Unrecognized request argument supplied: {param}")
    hint = N_("Leave the parameter out.")


class BodyUnsound(DomainError):
    """The body is not a JSON object, or it is too large."""

    code = "body_unsound"
    kind = Kind.INVALID
    sentence = N_("The body of the request cannot be read: {reason}")
    hint = N_("Send one JSON object in UTF-8.")


_STATUS: dict[Kind, tuple[int, str]] = {
    Kind.NOT_FOUND: (404, "invalid_request_error"),
    Kind.CONFLICT: (409, "invalid_request_error"),
    Kind.FORBIDDEN: (403, "permission_error"),
    Kind.UNAUTHENTICATED: (401, "authentication_error"),
    Kind.INVALID: (400, "invalid_request_error"),
    Kind.PAYMENT_REQUIRED: (402, "insufficient_quota"),
    Kind.QUOTA: (429, "insufficient_quota"),
    Kind.RATE: (429, "rate_limit_error"),
    Kind.UNAVAILABLE: (503, "server_error"),
    Kind.LEGAL: (451, "permission_error"),
}
_CODES: dict[Kind, str] = {
    Kind.UNAUTHENTICATED: "invalid_api_key",
    Kind.PAYMENT_REQUIRED: "insufficient_quota",
    Kind.QUOTA: "insufficient_quota",
    Kind.RATE: "rate_limit_exceeded",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error on this wire; `retry_after` in seconds where trying again makes sense."""

    status: int
    body: bytes
    retry_after: int | None


def refusal(error: DomainError, catalogs: Catalogs, locale: str) -> Refusal:
    """Put a failure into OpenAI's shape, in the reader's language."""
    status, kind = _STATUS[error.kind]
    fields = {
        "message": f"{catalogs.sentence(locale, error)} {catalogs.hint(locale, error)}".strip(),
        "type": kind,
        "param": error.field,
        "code": _CODES.get(error.kind, error.code),
    }
    after = error.data.get("retry_after")
    return Refusal(status, _dump(fields), after if isinstance(after, int) else None)


def face(request: Request, problem: Problem) -> Response:
    """Answer for addresses below /v1/ that are no routes of ours; a `ProblemFace`."""
    message = fill(problem.sentence, dict(problem.data))
    _status, kind = next((row for row in _STATUS.values() if row[0] == problem.status), (0, "invalid_request_error"))
    fields = {
        "message": f"{message} ({request.method} {request.url.path})",
        "type": kind,
        "param": None,
        "code": problem.code,
    }
    return Response(_dump(fields), problem.status, media_type="application/json", headers=dict(problem.headers))


def not_allowed(scope: Scope) -> Refusal:
    """Refuse a method that an address does not take."""
    message = f"Not allowed to {scope['method']} on {scope['path']}."
    fields = {"message": message, "type": "invalid_request_error", "param": None, "code": "method_not_supported"}
    return Refusal(405, _dump(fields), None)


INTERNAL = Refusal(
    500,
    json.dumps(
        {"error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": "internal"}}
    ).encode(),
    None,
)
"""What is told of a fault of our own: nothing; the log has it under the request's id."""


def _dump(fields: dict[str, str | None]) -> bytes:
    return json.dumps({"error": fields}, ensure_ascii=False).encode()
