"""The language of the person at the terminal."""

import os
from collections.abc import Mapping

from modelyard.infra.i18n import DEFAULT_LOCALE, LOCALES


def terminal_locale(environment: Mapping[str, str] = os.environ) -> str:
    """Return `en` or `zh`, as LC_ALL, LC_MESSAGES or LANG say; the first one that is set decides (POSIX, chapter 8)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            language = value.partition(".")[0].partition("_")[0].lower()
            return language if language in LOCALES else DEFAULT_LOCALE
    return DEFAULT_LOCALE
