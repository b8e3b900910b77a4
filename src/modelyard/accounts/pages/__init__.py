"""The pages of the room: the entrance, one's settings, organizations, and the administration of people."""

from collections.abc import Sequence

from starlette.routing import Route

from modelyard.accounts.http import Authenticator
from modelyard.accounts.pages.administration import AdministrationPages
from modelyard.accounts.pages.audit import AuditPages
from modelyard.accounts.pages.entrance import EntrancePages
from modelyard.accounts.pages.front import ADMINISTRATION, SETTINGS, Front
from modelyard.accounts.pages.organizations import OrganizationPages
from modelyard.accounts.pages.profile import ProfilePages
from modelyard.accounts.pages.tokens import TokenPages
from modelyard.accounts.passwords import Passwords
from modelyard.infra import Infra
from modelyard.web import NavItem, Renderer

__all__ = ["build_pages"]


def build_pages(
    renderer: Renderer,
    infra: Infra,
    auth: Authenticator,
    passwords: Passwords,
    *,
    settings: Sequence[NavItem] = (),
    administration: Sequence[NavItem] = (),
) -> list[Route]:
    """Return the routes; what other rooms have in settings and administration is linked below our own."""
    front = Front(renderer, infra, auth, passwords, (*SETTINGS, *settings), (*ADMINISTRATION, *administration))
    rooms = (
        EntrancePages(front),
        ProfilePages(front),
        TokenPages(front),
        OrganizationPages(front),
        AuditPages(front),
        AdministrationPages(front),
    )
    return [route for pages in rooms for route in pages.routes()]
