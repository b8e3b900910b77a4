"""The audit trail: one's own, an organization's, the whole server's."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import service
from modelyard.accounts.pages.front import Front
from modelyard.kernel import N_, AccountId, is_id


@dataclass(frozen=True, slots=True)
class AuditPages:
    """Who did what, the newest first."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/settings/audit", self.own, methods=["GET"]),
            Route("/organizations/{name}/audit", self.of_organization, methods=["GET"]),
            Route("/admin/audit", self.everything, methods=["GET"]),
        ]

    def own(self, request: Request) -> Response:
        """Show what was done by and to oneself."""
        actor = self.front.auth.require_user(request)
        sections = self.front.sections(request, self.front.settings)
        return self._page(request, service.rights.known(actor), sections)

    def of_organization(self, request: Request) -> Response:
        """Show what was done in an organization, to its owners."""
        self.front.auth.require_user(request)
        name = request.path_params["name"]
        with self.front.infra.db.reader() as session:
            owner = service.organizations.find_organization(session, name).id
        here = f"/organizations/{name}"
        sections = [
            (f"{here}/settings", self.front.renderer.say(request, N_("Members"))),
            (f"{here}/audit", self.front.renderer.say(request, N_("Audit trail"))),
        ]
        return self._page(request, owner, sections)

    def everything(self, request: Request) -> Response:
        """Show what was done on the whole server, to administrators."""
        service.rights.require_admin(self.front.auth.require_user(request))
        return self._page(request, None, self.front.sections(request, self.front.administration))

    def _page(self, request: Request, owner: AccountId | None, sections: list[tuple[str, str]]) -> Response:
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            found = service.audit.audit_page(
                session, actor=actor, owner=owner, before=request.query_params.get("cursor")
            )
            subjects = {AccountId(line.subject) for line in found.items if is_id(line.subject, "acc")}
            names = {each.id: each.name for each in service.people.accounts_by_id(session, subjects).values()}
        return self.front.renderer.page(request, "accounts/audit.html", sections=sections, found=found, names=names)
