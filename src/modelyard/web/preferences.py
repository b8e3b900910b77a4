"""Language and theme, kept in two cookies by a form that needs no script."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from modelyard.infra import LOCALES
from modelyard.web.render import THEME_COOKIE, THEMES
from modelyard.web.translation import LANGUAGE_COOKIE
from modelyard.web.urls import local_path

PATH = "/settings/appearance"
_A_YEAR = 365 * 24 * 3600


def build_preferences(*, secure: bool) -> Route:
    """Return the route of the two switches in the top bar; it goes back to the page that it came from."""

    async def keep(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=8) as form:
            wishes = {name: value for name, value in form.items() if isinstance(value, str)}
        response = RedirectResponse(local_path(wishes.get("next", "/")), status_code=303)
        for cookie, wish, known in (
            (LANGUAGE_COOKIE, wishes.get("language"), LOCALES),
            (THEME_COOKIE, wishes.get("theme"), THEMES),
        ):
            if wish in known:
                response.set_cookie(cookie, wish, max_age=_A_YEAR, samesite="lax", secure=secure, httponly=True)
            elif wish == "":
                response.delete_cookie(cookie)
        return response

    return Route(PATH, keep, methods=["POST"])
