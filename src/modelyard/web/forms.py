"""Forms that people send: read, checked to come from our own page, and handed to plain code on a worker thread."""

import hmac
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from modelyard.kernel import N_, DomainError, Kind
from modelyard.web.urls import Links
from modelyard.web.viewer import ViewerOf

_OWN_SITES = ("same-origin", "none")


class ForeignForm(DomainError):
    """The form was not sent by a page of this site, or its session has changed meanwhile."""

    code = "foreign_form"
    kind = Kind.FORBIDDEN
    sentence = N_("This form did not come from a page of your present session.")
    hint = N_("Go back, load the page again and send the form once more.")


class Form:
    """The fields of a sent form, as plain text."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """Return a field without space around it; an absent field is empty."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field exactly as it was typed, as passwords need it."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Tell whether a checkbox was on."""
        return bool(self.raw(name))

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that may repeat."""
        return [value for value in self._data.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """Return an uploaded file; None when none was chosen."""
        value = self._data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None


Handler = Callable[[Request, Form], Response]


def posted(handler: Handler, *, viewer_of: ViewerOf, links: Links) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a POST form.

    The browser must say that a page of ours sent it (Sec-Fetch-Site, Origin), and a signed-in viewer's form must carry
    the session's token; otherwise ForeignForm. The handler runs on a worker thread, as `def` endpoints do.
    """

    async def endpoint(request: Request) -> Response:
        async with request.form() as data:
            form = Form(data)
            await run_in_threadpool(check_origin, request, form.raw("csrf"), viewer_of=viewer_of, links=links)
            return await run_in_threadpool(handler, request, form)

    return endpoint


def check_origin(request: Request, token: str, *, viewer_of: ViewerOf, links: Links) -> None:
    """Raise ForeignForm unless one of our own pages sent this request; see `posted`."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in _OWN_SITES:
        raise ForeignForm
    if site is None and origin is not None and origin != links.origin:
        raise ForeignForm
    expected = viewer_of(request).csrf
    if expected and not hmac.compare_digest(expected.encode(), token.encode()):
        raise ForeignForm
