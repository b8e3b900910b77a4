"""Organizations: one's own, their members and invitations."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import service
from modelyard.accounts.pages.front import Front, status_of
from modelyard.accounts.rules import roles
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.service.invitations import NewInvitation, Offer
from modelyard.accounts.values import InvitationId
from modelyard.kernel import N_, DomainError
from modelyard.web import Form

MINE = "/settings/organizations"


@dataclass(frozen=True, slots=True)
class OrganizationPages:
    """Found, invite, accept, change roles, leave."""

    front: Front

    def routes(self) -> list[Route]:
        """Return the routes."""
        posted, one = self.front.renderer.posted, "/organizations/{name}"
        return [
            Route(MINE, self.show_mine, methods=["GET"]),
            Route("/organizations/new", self.new, methods=["GET"]),
            Route("/organizations/new", posted(self.create), methods=["POST"]),
            Route(one + "/settings", self.show, methods=["GET"]),
            Route(one + "/settings", posted(self.rename), methods=["POST"]),
            Route(one + "/members", posted(self.change_role), methods=["POST"]),
            Route(one + "/invitations", posted(self.invite), methods=["POST"]),
            Route(one + "/invitations/revoke", posted(self.revoke), methods=["POST"]),
            Route("/invitations/{key}", self.offer, methods=["GET"]),
            Route("/invitations/{key}", posted(self.answer), methods=["POST"]),
        ]

    def show_mine(self, request: Request) -> Response:
        """List one's organizations and the invitations that wait."""
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            mine = service.organizations.memberships(session, service.rights.known(actor))
            waiting = service.invitations.my_invitations(session, actor=actor, clock=self.front.infra.clock)
        return self.front.renderer.page(
            request,
            "accounts/organizations.html",
            sections=self.front.sections(request, self.front.settings),
            mine=mine,
            waiting=waiting,
        )

    def new(self, request: Request) -> Response:
        """Ask for the name of a new organization."""
        self.front.auth.require_user(request)
        return self._new_page(request)

    def create(self, request: Request, form: Form) -> Response:
        """Found an organization."""
        actor = self.front.auth.require_user(request)
        try:
            with self.front.infra.db.unit() as session:
                made = service.organizations.create_organization(
                    session,
                    actor=actor,
                    name=form.text("name"),
                    full_name=form.text("full_name"),
                    clock=self.front.infra.clock,
                )
        except DomainError as error:
            return self._new_page(request, form.text("name"), form.text("full_name"), error)
        return self.front.done(f"/organizations/{made.name}/settings", N_("The organization was created."))

    def show(self, request: Request) -> Response:
        """Show members to members, and what can be changed to those who may change it."""
        return self._page(request)

    def rename(self, request: Request, form: Form) -> Response:
        """Change the full name."""
        actor, name = self.front.auth.require_user(request), request.path_params["name"]
        try:
            with self.front.infra.db.unit() as session:
                service.organizations.rename_organization(
                    session,
                    actor=actor,
                    organization=service.organizations.find_organization(session, name),
                    full_name=form.text("full_name"),
                    clock=self.front.infra.clock,
                )
        except DomainError as error:
            return self._page(request, error=error)
        return self.front.done(f"/organizations/{name}/settings", N_("The organization was saved."))

    def change_role(self, request: Request, form: Form) -> Response:
        """Give a member another role; without one, take the member out or leave."""
        actor, name = self.front.auth.require_user(request), request.path_params["name"]
        role = _role(form.text("role"))
        try:
            with self.front.infra.db.unit() as session:
                user = service.people.find_user(session, form.text("user")).account
                service.organizations.change_role(
                    session,
                    actor=actor,
                    organization=service.organizations.find_organization(session, name),
                    user=user,
                    role=role,
                    clock=self.front.infra.clock,
                )
        except DomainError as error:
            return self._page(request, error=error)
        left = role is None and user.id == actor.account
        return self.front.done(MINE if left else f"/organizations/{name}/settings", N_("The members were changed."))

    def invite(self, request: Request, form: Form) -> Response:
        """Invite by name or by email address, and show the link on this very page, which is kept nowhere."""
        actor, name, whom = self.front.auth.require_user(request), request.path_params["name"], form.text("whom")
        try:
            with self.front.infra.db.unit() as session:
                invitee = None if "@" in whom else service.people.find_account(session, whom)
                offer = Offer(_role(form.text("role")) or Role.READ, invitee, whom if invitee is None else None)
                made = service.invitations.invite(
                    session,
                    actor=actor,
                    organization=service.organizations.find_organization(session, name),
                    offer=offer,
                    clock=self.front.infra.clock,
                )
        except DomainError as error:
            return self._page(request, error=error)
        return self._page(request, made=made)

    def revoke(self, request: Request, form: Form) -> Response:
        """Take an invitation back."""
        actor, name = self.front.auth.require_user(request), request.path_params["name"]
        with self.front.infra.db.unit() as session:
            service.invitations.revoke_invitation(
                session,
                actor=actor,
                organization=service.organizations.find_organization(session, name),
                invitation=InvitationId(form.text("invitation")),
                clock=self.front.infra.clock,
            )
        return self.front.done(f"/organizations/{name}/settings", N_("The invitation was revoked."))

    def offer(self, request: Request) -> Response:
        """Show what is offered to whom it is offered."""
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            found = service.invitations.find_invitation(
                session, actor=actor, key=request.path_params["key"], clock=self.front.infra.clock
            )
        return self.front.renderer.page(request, "accounts/invitation.html", invitation=found)

    def answer(self, request: Request, form: Form) -> Response:
        """Accept or decline."""
        actor, key = self.front.auth.require_user(request), request.path_params["key"]
        clock = self.front.infra.clock
        with self.front.infra.db.unit() as session:
            if form.text("answer") != "accept":
                service.invitations.decline_invitation(session, actor=actor, key=key, clock=clock)
                return self.front.done(MINE, N_("You declined the invitation."))
            joined = service.invitations.accept_invitation(session, actor=actor, key=key, clock=clock)
        return self.front.done(MINE, N_("You are a member of {name} now."), name=joined.name)

    def _new_page(
        self, request: Request, name: str = "", full_name: str = "", error: DomainError | None = None
    ) -> Response:
        return self.front.renderer.page(
            request,
            "accounts/new_organization.html",
            status=status_of(error),
            name=name,
            full_name=full_name,
            errors=self.front.errors(request, error),
        )

    def _page(
        self, request: Request, *, made: NewInvitation | None = None, error: DomainError | None = None
    ) -> Response:
        actor = self.front.auth.require_user(request)
        with self.front.infra.db.reader() as session:
            found = service.organizations.find_organization(session, request.path_params["name"])
            service.rights.require(session, actor, found.id, Role.READ)
            mine = service.rights.role_of(session, actor, found.id)
            manages = mine is not None and mine.covers(Role.ADMIN)
            members = service.organizations.members(session, found.id)
            clock = self.front.infra.clock
            invitations = (
                service.invitations.open_invitations(session, actor=actor, organization=found, clock=clock)
                if manages
                else []
            )
        links = self.front.renderer.site.links
        return self.front.renderer.page(
            request,
            "accounts/organization.html",
            status=status_of(error),
            headers={"Cache-Control": "no-store"},
            organization=found,
            members=members,
            invitations=invitations,
            manages=manages,
            owns=mine is Role.OWNER,
            grants=[role.value for role in Role if roles.may_grant(mine, role)],
            link=links.absolute(f"/invitations/{made.secret.secret}") if made else "",
            errors=self.front.errors(request, error),
        )


def _role(word: str) -> Role | None:
    return Role(word) if word in set(Role) else None
