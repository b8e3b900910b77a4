"""/api/v1/audit: who did what."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from modelyard.accounts import service
from modelyard.accounts.http import Authenticator
from modelyard.accounts.schemas import AuditView, Listing
from modelyard.infra import Infra


@dataclass(frozen=True, slots=True)
class AuditRoutes:
    """The audit trail of an account, for its owners; everyone's, for administrators."""

    infra: Infra
    auth: Authenticator

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/audit", self.page, methods=["GET"])
        return router

    def page(
        self,
        request: Request,
        owner: Annotated[str | None, Query(description="Name of a user or an organization; without it, all.")] = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Listing[AuditView]:
        """List the audit trail, the newest first."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            account = service.people.find_account(session, owner).id if owner else None
            page = service.audit.audit_page(session, actor=actor, owner=account, before=cursor, limit=limit)
        return Listing(items=[AuditView.of(each) for each in page.items], next=page.next)
