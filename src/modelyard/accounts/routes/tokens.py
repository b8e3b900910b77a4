"""/api/v1/tokens: one's own access tokens."""

from dataclasses import dataclass

from fastapi import APIRouter, Request

from modelyard.accounts import service
from modelyard.accounts.http import Authenticator
from modelyard.accounts.schemas import CreateToken, Listing, NewTokenView, TokenView
from modelyard.accounts.service.tokens import TokenWish
from modelyard.infra import Infra
from modelyard.kernel import TokenId


@dataclass(frozen=True, slots=True)
class TokenRoutes:
    """Create, list and revoke; a token makes only tokens that do no more and live no longer than itself."""

    infra: Infra
    auth: Authenticator

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/tokens")
        router.add_api_route("", self.list_own, methods=["GET"])
        router.add_api_route("", self.create, methods=["POST"], status_code=201)
        router.add_api_route("/{token}", self.revoke, methods=["DELETE"], status_code=204)
        return router

    def list_own(self, request: Request) -> Listing[TokenView]:
        """List one's tokens that were not revoked, the newest first."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            found = service.tokens.list_tokens(session, actor=actor, user=service.rights.known(actor))
        return Listing(items=[TokenView.of(each) for each in found])

    def create(self, request: Request, body: CreateToken) -> NewTokenView:
        """Create a token of one's own; its secret is shown this once."""
        actor = self.auth.require_user(request)
        wish = TokenWish(frozenset(body.scopes), body.name, body.expires_days)
        with self.infra.db.unit() as session:
            me = service.people.account_by_id(session, service.rights.known(actor))
            made = service.tokens.create_token(session, actor=actor, user=me, wish=wish, clock=self.infra.clock)
        return NewTokenView(**dict(TokenView.of(made.token)), secret=made.secret.secret)

    def revoke(self, request: Request, token: str) -> None:
        """Revoke a token; it fails on the very next request."""
        actor = self.auth.require_user(request)
        with self.infra.db.unit() as session:
            service.tokens.revoke_token(session, actor=actor, token=TokenId(token), clock=self.infra.clock)
