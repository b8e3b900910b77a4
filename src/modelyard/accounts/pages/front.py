"""What all pages of the room stand on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from modelyard.accounts.http import Authenticator, Desk
from modelyard.accounts.passwords import Passwords
from modelyard.infra import Infra
from modelyard.kernel import N_, DomainError
from modelyard.web import STATUS, Flash, NavItem, Renderer, see_other

SETTINGS = (
    NavItem("/settings/profile", N_("Profile and password")),
    NavItem("/settings/tokens", N_("Access tokens")),
    NavItem("/settings/organizations", N_("Organizations")),
    NavItem("/settings/audit", N_("Audit trail")),
)
ADMINISTRATION = (
    NavItem("/admin", N_("Users")),
    NavItem("/admin/audit", N_("Audit trail")),
)


ROLE_WORDS = (N_("owner"), N_("admin"), N_("write"), N_("read"))
"""The values of `Role` as templates translate them."""


@dataclass(frozen=True, slots=True)
class Front:
    """The grammar of pages, the outside world, who asks, and the links beside settings."""

    renderer: Renderer
    infra: Infra
    auth: Authenticator
    passwords: Passwords
    settings: Sequence[NavItem]
    administration: Sequence[NavItem]

    @property
    def desk(self) -> Desk:
        """Return where passwords are checked."""
        return Desk(self.infra, self.auth, self.passwords)

    def sections(self, request: Request, items: Sequence[NavItem]) -> list[tuple[str, str]]:
        """Return links with their labels in the reader's language."""
        return [(item.href, self.renderer.say(request, item.label)) for item in items]

    def done(self, path: str, sentence: str, **data: str) -> Response:
        """Return the redirect after a form that worked, with a sentence for the next page."""
        return see_other(path, Flash(sentence, data=dict(data)), secure=self.renderer.site.links.secure)

    def errors(self, request: Request, error: DomainError | None) -> Mapping[str, str]:
        """Return what is wrong and what to do, under the field's name, or under an empty one for the whole form.

        Every other field reads as an empty string, so that templates may ask for any.
        """
        said: defaultdict[str, str] = defaultdict(str)
        if error is not None:
            say = self.renderer.say
            said[error.field or ""] = (
                say(request, error.sentence, error.data) + " " + say(request, error.hint, error.data)
            )
        return said


def status_of(error: DomainError | None) -> int:
    """Return the status of a form that is shown again."""
    return 200 if error is None else STATUS[error.kind]
