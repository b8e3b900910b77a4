"""/api/v1/organizations and their members."""

from dataclasses import dataclass

from fastapi import APIRouter, Request

from modelyard.accounts import service
from modelyard.accounts.http import Authenticator
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.schemas import (
    AccountView,
    ChangeRole,
    CreateOrganization,
    MemberView,
    OrganizationView,
    Rename,
)
from modelyard.infra import Infra


@dataclass(frozen=True, slots=True)
class OrganizationRoutes:
    """Organizations and who belongs to them."""

    infra: Infra
    auth: Authenticator

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/organizations")
        router.add_api_route("", self.create, methods=["POST"], status_code=201)
        router.add_api_route("/{name}", self.show, methods=["GET"])
        router.add_api_route("/{name}", self.rename, methods=["PATCH"])
        router.add_api_route("/{name}/members/{user}", self.change_role, methods=["PUT"])
        router.add_api_route("/{name}/members/{user}", self.remove, methods=["DELETE"], status_code=204)
        return router

    def create(self, request: Request, body: CreateOrganization) -> AccountView:
        """Found an organization and become its owner."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            made = service.organizations.create_organization(
                session, actor=actor, name=body.name, full_name=body.full_name, clock=self.infra.clock
            )
        return AccountView.of(made)

    def show(self, request: Request, name: str) -> OrganizationView:
        """Show an organization; its members only to people who are signed in."""
        actor = self.auth.actor(request)
        with self.infra.db.reader() as session:
            found = service.organizations.find_organization(session, name)
            members = service.organizations.members(session, found.id) if actor.account else []
        return OrganizationView.with_members(found, members)

    def rename(self, request: Request, name: str, body: Rename) -> AccountView:
        """Change the full name, as an admin of the organization."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            found = service.organizations.find_organization(session, name)
            service.organizations.rename_organization(
                session, actor=actor, organization=found, full_name=body.full_name, clock=self.infra.clock
            )
        with self.infra.db.reader() as session:
            return AccountView.of(service.organizations.find_organization(session, name))

    def change_role(self, request: Request, name: str, user: str, body: ChangeRole) -> MemberView:
        """Give a member another role."""
        self._move(request, name, user, body.role)
        with self.infra.db.reader() as session:
            found = service.organizations.find_organization(session, name)
            member = service.people.find_user(session, user).account
            return MemberView.of(
                next(each for each in service.organizations.members(session, found.id) if each.account == member)
            )

    def remove(self, request: Request, name: str, user: str) -> None:
        """Take a member out, or leave."""
        self._move(request, name, user, None)

    def _move(self, request: Request, name: str, user: str, role: Role | None) -> None:
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            service.organizations.change_role(
                session,
                actor=actor,
                organization=service.organizations.find_organization(session, name),
                user=service.people.find_user(session, user).account,
                role=role,
                clock=self.infra.clock,
            )
