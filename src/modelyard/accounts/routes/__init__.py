"""People, organizations, tokens and the audit trail under /api/v1."""

from fastapi import APIRouter

from modelyard.accounts.http import Authenticator
from modelyard.accounts.passwords import Passwords
from modelyard.accounts.routes.audit import AuditRoutes
from modelyard.accounts.routes.invitations import InvitationRoutes
from modelyard.accounts.routes.organizations import OrganizationRoutes
from modelyard.accounts.routes.tokens import TokenRoutes
from modelyard.accounts.routes.users import UserRoutes
from modelyard.infra import Infra
from modelyard.web import Links

__all__ = ["build_router"]


def build_router(infra: Infra, auth: Authenticator, links: Links, passwords: Passwords) -> APIRouter:
    """Return the router of the room; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1", tags=["accounts"])
    for part in (
        UserRoutes(infra, auth, links, passwords),
        OrganizationRoutes(infra, auth),
        InvitationRoutes(infra, auth, links),
        TokenRoutes(infra, auth),
        AuditRoutes(infra, auth),
    ):
        router.include_router(part.router())
    return router
