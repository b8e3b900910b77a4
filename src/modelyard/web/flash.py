"""One sentence that survives a redirect: what just happened, shown once on the next page."""

import base64
import binascii
import json
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from modelyard.kernel.errors import Datum

FLASH_COOKIE = "modelyard_flash"
LEVELS = ("success", "info", "warning", "danger")
_LONGEST = 3000


@dataclass(frozen=True, slots=True)
class Flash:
    """A level, an English sentence marked with N_, and the data of its braces; translated where it is shown."""

    sentence: str
    level: str = "success"
    data: dict[str, Datum] = field(default_factory=dict)


def see_other(path: str, flash: Flash | None = None, *, secure: bool = False) -> Response:
    """Return the redirect that ends a form: 303 to a local path, with at most one sentence for the next page."""
    response = RedirectResponse(path, status_code=303)
    if flash is not None:
        packed = base64.urlsafe_b64encode(json.dumps([flash.level, flash.sentence, flash.data]).encode()).decode()
        response.set_cookie(FLASH_COOKIE, packed, max_age=60, httponly=True, samesite="lax", secure=secure)
    return response


def waiting(request: Request) -> Flash | None:
    """Return the sentence that the last response left behind; a cookie that is not ours counts as none."""
    packed = request.cookies.get(FLASH_COOKIE, "")
    if not packed or len(packed) > _LONGEST:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(packed))
    except (ValueError, binascii.Error):
        return None
    match said:
        case [str() as level, str() as sentence, dict() as data] if level in LEVELS:
            return Flash(sentence, level, data)
    return None
