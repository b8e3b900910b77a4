"""Which language a page speaks, and the two gettext verbs that it needs."""

from typing import Protocol

from starlette.requests import Request

from modelyard.infra import LOCALES, negotiate

LANGUAGE_COOKIE = "modelyard_language"


class Translator(Protocol):
    """Turns English sentences into those of a locale; unknown sentences come back as they are."""

    def gettext(self, locale: str, msgid: str, /) -> str:
        """Return the sentence in this locale."""
        ...

    def ngettext(self, locale: str, singular: str, plural: str, count: int, /) -> str:
        """Return the singular or plural sentence for a count in this locale."""
        ...


def choose_locale(request: Request) -> str:
    """Return `en` or `zh`: `?lang=` for this page, else the reader's cookie, else Accept-Language, else English."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LOCALES:
            return wish
    return negotiate(request.headers.get("accept-language", ""))
