"""Deployments under /api/v1."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from modelyard.accounts import Role, find_account, require
from modelyard.accounts.http import Authenticator
from modelyard.infra import Infra, negotiate
from modelyard.kernel import DeploymentId
from modelyard.serving import service
from modelyard.serving.runtime import Runtime
from modelyard.serving.schemas import (
    DeploymentList,
    DeploymentOut,
    DeploymentWish,
    FailureOut,
    LogOut,
    StageList,
    StageOut,
)
from modelyard.serving.values import Deployment, Reached, Repositories

_ONE = "/deployments/{deployment}"


def build_router(infra: Infra, auth: Authenticator, repositories: Repositories, runtime: Runtime) -> APIRouter:
    """Return the routes; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1", tags=["deployments"])
    faces = DeploymentRoutes(infra, auth, repositories, runtime)
    router.add_api_route("/deployments", faces.list_deployments, methods=["GET"])
    router.add_api_route("/deployments", faces.create_deployment, methods=["POST"], status_code=201)
    router.add_api_route(_ONE, faces.get_deployment, methods=["GET"])
    router.add_api_route(_ONE, faces.delete_deployment, methods=["DELETE"], status_code=204)
    router.add_api_route(f"{_ONE}/start", faces.start_deployment, methods=["POST"])
    router.add_api_route(f"{_ONE}/stop", faces.stop_deployment, methods=["POST"])
    router.add_api_route(f"{_ONE}/stages", faces.list_stages, methods=["GET"])
    router.add_api_route(f"{_ONE}/log", faces.read_log, methods=["GET"])
    return router


class DeploymentRoutes:
    """The endpoints; each opens one unit of work and calls one verb."""

    def __init__(self, infra: Infra, auth: Authenticator, repositories: Repositories, runtime: Runtime) -> None:
        self._infra = infra
        self._auth = auth
        self._repositories = repositories
        self._runtime = runtime

    def list_deployments(
        self,
        request: Request,
        owner: str | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DeploymentList:
        """List the deployments that the caller may see, the newest first; of one user or organization if named."""
        actor = self._auth.actor(request)
        with self._infra.db.reader() as session:
            page = service.list_deployments(
                session,
                actor=actor,
                repositories=self._repositories,
                owner=find_account(session, owner).id if owner else None,
                before=cursor,
                limit=limit,
            )
            newest = service.latest_stages(session, [each.id for each in page.items])
        items = [self._told(request, each, newest.get(each.id)) for each in page.items]
        return DeploymentList(items=items, next=page.next)

    def create_deployment(self, request: Request, wish: DeploymentWish) -> DeploymentOut:
        """Serve a GGUF file of a repository under the repository's name; it starts at once."""
        actor = self._auth.actor(request)
        with self._infra.db.unit() as session:
            made = service.create_deployment(
                session, actor=actor, repositories=self._repositories, draft=wish.draft(), clock=self._infra.clock
            )
            return self._shown(request, session, made)

    def get_deployment(self, request: Request, deployment: str) -> DeploymentOut:
        """Return one deployment and the stage where it stands."""
        with self._infra.db.reader() as session:
            return self._shown(request, session, self._found(request, session, deployment))

    def start_deployment(self, request: Request, deployment: str) -> DeploymentOut:
        """Let a deployment answer again; one that failed is tried anew."""
        actor = self._auth.actor(request)
        with self._infra.db.unit() as session:
            changed = service.start_deployment(
                session, actor=actor, deployment=DeploymentId(deployment), clock=self._infra.clock
            )
            return self._shown(request, session, changed)

    def stop_deployment(self, request: Request, deployment: str) -> DeploymentOut:
        """Let a deployment finish what it has begun and take no more requests."""
        actor = self._auth.actor(request)
        with self._infra.db.unit() as session:
            changed = service.stop_deployment(
                session, actor=actor, deployment=DeploymentId(deployment), clock=self._infra.clock
            )
            return self._shown(request, session, changed)

    def delete_deployment(self, request: Request, deployment: str) -> None:
        """Stop a deployment for good and free its name; usage and receipts keep naming it."""
        actor = self._auth.actor(request)
        with self._infra.db.unit() as session:
            service.delete_deployment(
                session, actor=actor, deployment=DeploymentId(deployment), clock=self._infra.clock
            )

    def list_stages(self, request: Request, deployment: str) -> StageList:
        """Return the stages that a deployment came to, the oldest first, each failure with its reason."""
        with self._infra.db.reader() as session:
            found = self._found(request, session, deployment)
            reached = service.stages_of(session, found.id)
        return StageList(items=[self._stage(request, each) for each in reached])

    def read_log(self, request: Request, deployment: str) -> LogOut:
        """Return the end of the engine's log, for those who may change the deployment."""
        with self._infra.db.reader() as session:
            found = self._found(request, session, deployment)
            require(session, self._auth.actor(request), found.owner, Role.WRITE)
        status = self._runtime.status(found.id)
        return LogOut(lines=list(status.log) if status else [])

    def _found(self, request: Request, session: Session, deployment: str) -> Deployment:
        return service.get_deployment(
            session,
            actor=self._auth.actor(request),
            repositories=self._repositories,
            deployment=DeploymentId(deployment),
        )

    def _shown(self, request: Request, session: Session, deployment: Deployment) -> DeploymentOut:
        newest = service.latest_stages(session, [deployment.id])
        return self._told(request, deployment, newest.get(deployment.id))

    def _told(self, request: Request, deployment: Deployment, reached: Reached | None) -> DeploymentOut:
        return DeploymentOut.of(deployment, self._stage(request, reached) if reached else None)

    def _stage(self, request: Request, reached: Reached) -> StageOut:
        failure, catalogs = reached.failure, self._infra.catalogs
        if failure is None:
            return StageOut.of(reached, None)
        locale = negotiate(request.headers.get("accept-language", ""))
        sentence, hint = catalogs.sentence(locale, failure), catalogs.hint(locale, failure)
        return StageOut.of(reached, FailureOut(code=failure.code, reason=sentence, hint=hint))
