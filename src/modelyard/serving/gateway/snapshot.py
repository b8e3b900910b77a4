"""What the gateway knows without asking the database: callers, models, prices, all of one epoch.

An entry is read when it is first asked for. Only what lets a request through is kept, because the hold demands that the
epoch is still the snapshot's own: a stale yes is refused there, while a stale no would be believed.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from modelyard import accounts, pricing
from modelyard.accounts import Actor, InvalidToken, Scope, SignInRequired, TokenGrant
from modelyard.infra import Infra, epoch
from modelyard.kernel import AccountId, Clock, RepoId
from modelyard.pricing import Timeline
from modelyard.serving import store
from modelyard.serving.errors import ModelNotServed, ModelStopped
from modelyard.serving.gateway.words import Known, Who
from modelyard.serving.rules import Desired
from modelyard.serving.service import list_deployments
from modelyard.serving.values import Deployment, Repositories

_MOST_CALLERS = 20_000
_MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class _Route:
    deployment: Deployment
    prices: Timeline | None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    epoch: int
    grants: dict[str, TokenGrant] = field(default_factory=dict)
    routes: dict[str, _Route] = field(default_factory=dict)
    readers: set[tuple[AccountId | None, RepoId]] = field(default_factory=set)

    def know(self, grant: TokenGrant | None, who: Who, model: str, clock: Clock) -> Known | None:
        """Answer from what is kept; None when some of it is not."""
        actor = grant.actor if grant else who
        route = self.routes.get(model)
        if route is None or not isinstance(actor, Actor):
            return None
        if grant is not None and not grant.token.usable(clock.now()):
            raise InvalidToken
        if (actor.account, route.deployment.file.repo) not in self.readers:
            return None
        return Known(actor, route.deployment, route.prices, self.epoch)


class Snapshots:
    """The present snapshot; it is replaced as a whole when the epoch has moved."""

    def __init__(self, infra: Infra, repositories: Repositories) -> None:
        self._infra = infra
        self._repositories = repositories
        self._present = _Snapshot(epoch=-1)

    async def look_up(self, who: Who, model: str) -> Known:
        """Return what is known of a caller and a model.

        Raises SignInRequired, InvalidToken, Forbidden when the token is not for inference, ModelNotServed and
        ModelStopped.
        """
        if who is None:
            raise SignInRequired
        digest = hashlib.sha256(who.encode()).hexdigest() if isinstance(who, str) else None
        grant = self._present.grants.get(digest) if digest else None
        if grant is not None or digest is None:
            known = self._present.know(grant, who, model, self._infra.clock)
            if known is not None:
                return known
        return await asyncio.to_thread(self._load, digest, who, model)

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._present = _Snapshot(epoch=-1)

    async def models(self, who: Who) -> list[Deployment]:
        """Return the running models that a caller may use, by name; always fresh. Raises as `look_up` does."""
        if who is None:
            raise SignInRequired
        return await asyncio.to_thread(self._models, who)

    def _models(self, who: str | Actor) -> list[Deployment]:
        with self._infra.db.reader() as session:
            actor = self._actor(session, who)
            found: list[Deployment] = []
            cursor: str | None = None
            while True:
                page = list_deployments(session, actor=actor, repositories=self._repositories, before=cursor, limit=200)
                found += [each for each in page.items if each.desired is Desired.RUNNING]
                cursor = page.next
                if cursor is None:
                    return sorted(found, key=lambda each: each.model)

    def _actor(self, session: Session, who: str | Actor) -> Actor:
        actor = who if isinstance(who, Actor) else accounts.authenticate_token(session, who, self._infra.clock)
        accounts.require_user(actor, Scope.INFERENCE)
        return actor

    def _load(self, digest: str | None, who: Who, model: str) -> Known:
        with self._infra.db.reader() as session:
            present = epoch.current(session)
            snapshot = self._present if self._present.epoch == present else _Snapshot(present)
            grant = accounts.grant_by_token_hash(session, digest, self._infra.clock) if digest else None
            actor = grant.actor if grant else who
            if not isinstance(actor, Actor):
                raise SignInRequired
            accounts.require_user(actor, Scope.INFERENCE)
            route = self._route(session, actor, model)
        self._keep(snapshot, digest, grant)
        if len(snapshot.routes) >= _MOST_NAMES:  # names differ in the case of their letters, so anybody can make many
            snapshot.routes.clear()
        snapshot.routes[model] = route
        snapshot.readers.add((actor.account, route.deployment.file.repo))
        if snapshot.epoch >= self._present.epoch:
            self._present = snapshot
        return Known(actor, route.deployment, route.prices, snapshot.epoch)

    def _route(self, session: Session, actor: Actor, model: str) -> _Route:
        deployment = store.find_by_model(session, model)
        if deployment is None or not self._repositories.readable(session, actor=actor, repo=deployment.file.repo):
            raise ModelNotServed(model=model, field="model")
        if deployment.desired is not Desired.RUNNING:
            raise ModelStopped(model=model)
        versions = pricing.history(session, deployment.id)
        return _Route(deployment, Timeline.of(versions) if versions else None)

    def _keep(self, snapshot: _Snapshot, digest: str | None, grant: TokenGrant | None) -> None:
        if digest is None or grant is None:
            return
        if len(snapshot.grants) >= _MOST_CALLERS:
            snapshot.grants.clear()
        snapshot.grants[digest] = grant
        now = self._infra.clock.now()
        if not accounts.used_today(grant.token, now):
            self._infra.writer.submit(accounts.mark_token_used(grant.token.id, now))
