"""Failures in the words of git-lfs: a status and `{"message": ...}`."""

from starlette.responses import JSONResponse, Response

from modelyard.kernel import N_, DomainError, Kind
from modelyard.web import STATUS
from modelyard.wire.hf.errors import refusal_headers, told

MEDIA_TYPE = "application/vnd.git-lfs+json"


class HrefExpired(DomainError):
    """A signed address is too old, or was never ours."""

    code = "href_expired"
    kind = Kind.FORBIDDEN
    sentence = N_("This address is not valid, or not any more.")
    hint = N_("Ask for a new one with another batch request.")


def answer(error: DomainError) -> Response:
    """Return the response to a failure."""
    message = told(error)
    headers = refusal_headers(error.code, message)
    if error.kind is Kind.UNAUTHENTICATED:
        headers["LFS-Authenticate"] = 'Basic realm="modelyard"'
    status = 507 if error.code == "storage_full" else STATUS[error.kind]
    return JSONResponse({"message": message}, status, headers, media_type=MEDIA_TYPE)
