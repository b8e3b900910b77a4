"""/api/v1/whoami and /api/v1/users."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from modelyard.accounts import service
from modelyard.accounts.http import Authenticator
from modelyard.accounts.passwords import Passwords
from modelyard.accounts.schemas import (
    AccountView,
    ChangeProfile,
    CreateUser,
    Listing,
    MemberView,
    ResetLink,
    UserView,
    WhoAmI,
)
from modelyard.accounts.service.people import NewUser
from modelyard.infra import Infra
from modelyard.web import Links


@dataclass(frozen=True, slots=True)
class UserRoutes:
    """Who one is, and the people of the server."""

    infra: Infra
    auth: Authenticator
    links: Links
    passwords: Passwords

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/whoami", self.whoami, methods=["GET"])
        router.add_api_route("/users", self.list_users, methods=["GET"])
        router.add_api_route("/users", self.create, methods=["POST"], status_code=201)
        router.add_api_route("/users/{name}", self.show, methods=["GET"])
        router.add_api_route("/users/{name}", self.change, methods=["PATCH"])
        router.add_api_route("/users/{name}/suspend", self.suspend, methods=["POST"], status_code=204)
        router.add_api_route("/users/{name}/restore", self.restore, methods=["POST"], status_code=204)
        router.add_api_route("/users/{name}/reset-link", self.reset_link, methods=["POST"], status_code=201)
        return router

    def whoami(self, request: Request) -> WhoAmI:
        """Say who sent the request, and how far the credentials reach."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            account = service.people.account_by_id(session, service.rights.known(actor))
            organizations = service.organizations.memberships(session, account.id)
        return WhoAmI(
            name=account.name,
            full_name=account.full_name,
            admin=actor.admin,
            scopes=sorted(actor.scopes),
            organizations=[MemberView.of(each) for each in organizations],
        )

    def list_users(
        self, request: Request, cursor: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Listing[UserView]:
        """List the people of the server by name, for administrators."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            page = service.people.list_users(session, actor=actor, after=cursor, limit=limit)
        return Listing(items=[UserView.of_user(each) for each in page.items], next=page.next)

    def create(self, request: Request, body: CreateUser) -> UserView:
        """Create a person, as an administrator."""
        actor = self.auth.require_user(request)
        service.rights.require_admin(actor)
        hashed = None if body.password is None else self.passwords.hash_new(body.password, name=body.name)
        new = NewUser(body.name, body.full_name, body.email, admin=body.admin)
        with self.infra.db.unit() as session:
            user = service.people.create_user(
                session, actor=actor, new=new, password_hash=hashed, clock=self.infra.clock
            )
        return UserView.of_user(user)

    def show(self, name: str) -> AccountView:
        """Show a person, as anybody may see one."""
        with self.infra.db.reader() as session:
            return AccountView.of(service.people.find_user(session, name).account)

    def change(self, request: Request, name: str, body: ChangeProfile) -> UserView:
        """Change a full name and an email address: one's own, or anybody's as an administrator."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            user = service.people.find_user(session, name)
            service.people.update_profile(
                session,
                actor=actor,
                user=user,
                full_name=body.full_name,
                email=body.email,
                clock=self.infra.clock,
            )
        with self.infra.db.reader() as session:
            return UserView.of_user(service.people.find_user(session, name))

    def suspend(self, request: Request, name: str) -> None:
        """Lock a person out, as an administrator."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            user = service.people.find_user(session, name)
            service.people.suspend_user(session, actor=actor, user=user, clock=self.infra.clock)

    def restore(self, request: Request, name: str) -> None:
        """Let a suspended person in again, as an administrator."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            user = service.people.find_user(session, name)
            service.people.restore_user(session, actor=actor, user=user, clock=self.infra.clock)

    def reset_link(self, request: Request, name: str) -> ResetLink:
        """Make a link by which a person chooses a new password, as an administrator."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            user = service.people.find_user(session, name)
            link = service.links.reset_link(
                session, actor=actor, user=user, origin=self.links.public_url, clock=self.infra.clock
            )
        return ResetLink(link=link)
