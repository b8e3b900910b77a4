"""Failures for people and for programs: one table from kind to status, one JSON shape, one page.

    DomainError, bad input by FastAPI, an unknown path, a bug
        -> Problem                       status, code, sentence, hint, field, data
            -> application/problem+json   below /api/ (RFC 9457)
            -> an HTML page               everywhere else

Other wires (Hugging Face, OpenAI, LFS) bring a face of their own and register it by path prefix.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from modelyard.kernel import N_, DomainError, Kind
from modelyard.kernel.errors import Datum
from modelyard.web.render import Renderer
from modelyard.web.viewer import VISITOR

STATUS: Mapping[Kind, int] = {
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.FORBIDDEN: 403,
    Kind.UNAUTHENTICATED: 401,
    Kind.INVALID: 422,
    Kind.PAYMENT_REQUIRED: 402,
    # 403 and not 429: clients retry 429 by themselves, and a quota does not come back by waiting a second.
    Kind.QUOTA: 403,
    Kind.RATE: 429,
    Kind.UNAVAILABLE: 503,
    Kind.LEGAL: 451,
}
_BROKEN = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """A failure on its way to a wire; sentence and hint are English and marked, the data fills their braces."""

    status: int
    code: str
    sentence: str
    hint: str
    field: str | None = None
    data: Mapping[str, Datum] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


ProblemFace = Callable[[Request, Problem], Response]
"""Says a problem in the words of one wire."""

_NOT_FOUND = Problem(
    404, "page_not_found", N_("There is nothing at this address."), N_("Check the address, or search for the name.")
)
_NOT_ALLOWED = Problem(
    405, "method_not_allowed", N_("This address does not take that method."), N_("Read the API reference.")
)
_TOO_LARGE = Problem(413, "too_large", N_("This is larger than can be taken here."), N_("Send less at a time."))
_BAD_REQUEST = Problem(
    400, "bad_request", N_("The request could not be read."), N_("Correct the request and send it again.")
)
_OURS = Problem(
    _BROKEN,
    "internal_error",
    N_("Something broke on our side."),
    N_("Try again; if it lasts, give the operator the request id below."),
)
_BY_STATUS = {problem.status: problem for problem in (_NOT_FOUND, _NOT_ALLOWED, _TOO_LARGE)}


def problem_of(error: Exception) -> Problem:
    """Return the problem that an exception means; what is not known here is a bug, and says nothing of its insides."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        known = _BY_STATUS.get(error.status_code, _BAD_REQUEST)
        return Problem(error.status_code, known.code, known.sentence, known.hint, headers=error.headers or {})
    return _OURS


def _of_domain(error: DomainError) -> Problem:
    status = STATUS[error.kind]
    headers = {"WWW-Authenticate": 'Bearer realm="modelyard"'} if error.kind is Kind.UNAUTHENTICATED else {}
    wait = error.data.get("retry_after")
    if isinstance(wait, int):
        headers["Retry-After"] = str(wait)
    return Problem(status, error.code, error.sentence, error.hint, error.field, error.data, headers)


def _of_validation(error: RequestValidationError) -> Problem:
    first = error.errors()[0] if error.errors() else {"loc": ("body",), "msg": "is not valid"}
    name = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return Problem(
        STATUS[Kind.INVALID],
        "invalid_input",
        N_("{name} is not valid: {reason}"),
        N_("Correct the field and send the request again."),
        name,
        {"name": name, "reason": str(first["msg"])},
    )


class Problems:
    """Answers every failure of an application, each in the words of the face that its path belongs to.

    problems = Problems(renderer, faces={"/v1/": openai_face})
    problems.install(app)
    """

    def __init__(self, renderer: Renderer, faces: Mapping[str, ProblemFace] | None = None) -> None:
        self._renderer = renderer
        by_prefix = {"/api/": self.as_json, **(faces or {})}
        # The longest prefix speaks: /api/v1/ may differ from /api/.
        self._faces = sorted(by_prefix.items(), key=lambda pair: -len(pair[0]))

    def install(self, app: Starlette) -> None:
        """Make an application answer its failures here."""
        for kind in (DomainError, RequestValidationError, HTTPException, Exception):
            app.add_exception_handler(kind, self.answer)

    def answer(self, request: Request, error: Exception) -> Response:
        """Return the response to a failure."""
        problem = problem_of(error)
        for prefix, face in self._faces:
            if request.url.path.startswith(prefix):
                return face(request, problem)
        return self.as_page(request, problem)

    def as_json(self, request: Request, problem: Problem) -> Response:
        """Return RFC 9457 JSON; `detail` and `hint` in the reader's language, `code` and `data` the same in all."""
        body = {
            "type": f"urn:modelyard:problem:{problem.code}",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": self._renderer.say(request, problem.sentence, problem.data),
            "code": problem.code,
            "hint": self._renderer.say(request, problem.hint, problem.data),
            "field": problem.field,
            "data": dict(problem.data),
            "request_id": getattr(request.state, "request_id", None),
        }
        return _ProblemResponse(body, problem.status, headers=dict(problem.headers))

    def as_page(self, request: Request, problem: Problem) -> Response:
        """Return the HTML page: what happened, what to do next, and the request id."""
        if problem.status == _BROKEN:
            # Whatever broke may be what tells who looks.
            request.state.viewer = VISITOR
        return self._renderer.page(
            request,
            "web/error.html",
            status=problem.status,
            headers=_without_challenge(problem.headers),
            sentence=self._renderer.say(request, problem.sentence, problem.data),
            hint=self._renderer.say(request, problem.hint, problem.data),
            code=problem.code,
            sign_in=problem.status in {401, 403, 404} and not self._renderer.viewer(request).signed_in,
        )


class _ProblemResponse(JSONResponse):
    media_type = "application/problem+json"

    def render(self, content: object) -> bytes:
        """Write half a surrogate pair, which no encoding holds but a caller may send, as the escape that it was."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def _without_challenge(headers: Mapping[str, str]) -> dict[str, str]:
    """Leave out WWW-Authenticate: on a page it would make a browser ask for a password over our own sign-in."""
    return {name: value for name, value in headers.items() if name.lower() != "www-authenticate"}
