"""Who looks at a page, in the few words that a layout needs."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person in front of the page; a visitor has no name.

    `csrf` is the token that each of this viewer's forms must carry back; empty means that there is no session to
    protect, and then the browser's own Sec-Fetch-Site and the Origin header are all that is asked.
    """

    name: str = ""
    full_name: str = ""
    admin: bool = False
    csrf: str = ""

    @property
    def signed_in(self) -> bool:
        """Tell whether this is a person with an account."""
        return bool(self.name)


VISITOR = Viewer()

ViewerOf = Callable[[Request], Viewer]
"""Answers who sent a request; app.py plugs in the one of accounts."""
