"""/api/v1/organizations/{name}/invitations and /api/v1/invitations."""

from dataclasses import dataclass

from fastapi import APIRouter, Request

from modelyard.accounts import service
from modelyard.accounts.http import Authenticator
from modelyard.accounts.schemas import AccountView, CreateInvitation, InvitationView, Listing, NewInvitationView
from modelyard.accounts.service.invitations import Offer
from modelyard.accounts.values import InvitationId
from modelyard.infra import Infra
from modelyard.web import Links


@dataclass(frozen=True, slots=True)
class InvitationRoutes:
    """Offers of a role: made by an organization's admins, answered by those whom they name."""

    infra: Infra
    auth: Authenticator
    links: Links

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        of_organization = "/organizations/{name}/invitations"
        router.add_api_route(of_organization, self.list_open, methods=["GET"])
        router.add_api_route(of_organization, self.create, methods=["POST"], status_code=201)
        router.add_api_route(of_organization + "/{invitation}", self.revoke, methods=["DELETE"], status_code=204)
        router.add_api_route("/invitations", self.list_mine, methods=["GET"])
        router.add_api_route("/invitations/{key}/accept", self.accept, methods=["POST"])
        router.add_api_route("/invitations/{key}/decline", self.decline, methods=["POST"], status_code=204)
        return router

    def list_open(self, request: Request, name: str) -> Listing[InvitationView]:
        """List the open invitations of an organization, as one of its admins."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            found = service.invitations.open_invitations(
                session,
                actor=actor,
                organization=service.organizations.find_organization(session, name),
                clock=self.infra.clock,
            )
        return Listing(items=[InvitationView.of(each) for each in found])

    def create(self, request: Request, name: str, body: CreateInvitation) -> NewInvitationView:
        """Invite a named user, or whoever gets the link at an email address; the link is shown this once."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            invitee = service.people.find_account(session, body.name) if body.name else None
            made = service.invitations.invite(
                session,
                actor=actor,
                organization=service.organizations.find_organization(session, name),
                offer=Offer(body.role, invitee, body.email),
                clock=self.infra.clock,
            )
        link = self.links.absolute(f"/invitations/{made.secret.secret}")
        return NewInvitationView(**dict(InvitationView.of(made.invitation)), link=link)

    def revoke(self, request: Request, name: str, invitation: str) -> None:
        """Take an invitation back."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            service.invitations.revoke_invitation(
                session,
                actor=actor,
                organization=service.organizations.find_organization(session, name),
                invitation=InvitationId(invitation),
                clock=self.infra.clock,
            )

    def list_mine(self, request: Request) -> Listing[InvitationView]:
        """List the open invitations that name the one who asks."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            found = service.invitations.my_invitations(session, actor=actor, clock=self.infra.clock)
        return Listing(items=[InvitationView.of(each) for each in found])

    def accept(self, request: Request, key: str) -> AccountView:
        """Take an offered role, by the secret of a link or by the id of an invitation that names one."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            joined = service.invitations.accept_invitation(session, actor=actor, key=key, clock=self.infra.clock)
        return AccountView.of(joined)

    def decline(self, request: Request, key: str) -> None:
        """Turn an offer down."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            service.invitations.decline_invitation(session, actor=actor, key=key, clock=self.infra.clock)
