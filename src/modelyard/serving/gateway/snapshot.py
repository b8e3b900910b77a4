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


_Reader = tuple[AccountId | None, frozenset[Scope], bool, RepoId]
"""All on which it depends whether somebody sees a repository: a token sees less than its owner does."""


@dataclass(frozen=True, slots=True)
class _Route:
    deployment: Deployment
    prices: Timeline | None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    epoch: int
    grants: dict[str, TokenGrant] = field(default_factory=dict)
    routes: dict[str, _Route] = field(default_factory=dict)
    readers: set[_Reader] = field(default_factory=set)

    def know(self, grant: TokenGrant | None, who: Who, model: str, clock: Clock) -> Known | None:
        """Answer from what is kept; None when some of it is not."""
        actor = grant.actor if grant else who
        route = self.routes.get(model)
        if route is None or not isinstance(actor, Actor):
            return None
        if grant is not None and not grant.token.usable(clock.now()):
            raise InvalidToken
        if _reader(actor, route) not in self.readers:
            return None
        return Known(actor, route.deployment, route.prices, self.epoch)


def _reader(actor: Actor, route: _Route) -> _Reader:
    return actor.account, actor.scopes, actor.admin, route.deployment.file.repo


class Snapshots:
    """The present snapshot; it is replaced as a whole when the epoch has moved."""

    def __init__(self, infra: Infra, repositories: Repositories) -> None:
        self._infra = infra
        self._repositories = repositories
        self._present = _Snapshot(epoch=-1)

    async def check(self, who: Who) -> None:
        """Raise SignInRequired, InvalidToken or Forbidden for those who may ask nothing; cheap for the others."""
        if isinstance(who, str):
            grant = self._present.grants.get(_digest(who))
            if grant is None:
                await asyncio.to_thread(self._meet, who)
            elif not grant.token.usable(self._infra.clock.now()):
                raise InvalidToken
        elif who is None:
            raise SignInRequired
        else:
            accounts.require_user(who, Scope.INFERENCE)

    async def look_up(self, who: Who, model: str) -> Known:
        """Return what is known of a caller and a model.

        Raises SignInRequired, InvalidToken, Forbidden when the token is not for inference, ModelNotServed and
        ModelStopped.
        """
        grant = self._present.grants.get(_digest(who)) if isinstance(who, str) else None
        if grant is not None or isinstance(who, Actor):
            known = self._present.know(grant, who, model, self._infra.clock)
            if known is not None:
                return known
        return await asyncio.to_thread(self.load, who, model)

    def load(self, who: Who, model: str) -> Known:
        """Read what is known of a caller and a model anew; blocks, and raises as `look_up` does."""
        with self._infra.db.reader() as session:
            snapshot = self._at(session)
            actor = self._admit(session, snapshot, who)
            route = self._route(session, actor, model)
        if len(snapshot.routes) >= _MOST_NAMES:  # names differ in the case of their letters, so anybody can make many
            snapshot.routes.clear()
        snapshot.routes[model] = route
        if len(snapshot.readers) >= _MOST_CALLERS:
            snapshot.readers.clear()
        snapshot.readers.add(_reader(actor, route))
        self._replace(snapshot)
        return Known(actor, route.deployment, route.prices, snapshot.epoch)

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

    def _meet(self, who: str) -> None:
        with self._infra.db.reader() as session:
            snapshot = self._at(session)
            self._admit(session, snapshot, who)
        self._replace(snapshot)

    def _at(self, session: Session) -> _Snapshot:
        present, now = self._present, epoch.current(session)
        return present if present.epoch == now else _Snapshot(now)

    def _replace(self, snapshot: _Snapshot) -> None:
        if snapshot.epoch >= self._present.epoch:
            self._present = snapshot

    def _admit(self, session: Session, snapshot: _Snapshot, who: Who) -> Actor:
        if who is None:
            raise SignInRequired
        if isinstance(who, Actor):
            accounts.require_user(who, Scope.INFERENCE)
            return who
        digest = _digest(who)
        grant = accounts.grant_by_token_hash(session, digest, self._infra.clock)
        accounts.require_user(grant.actor, Scope.INFERENCE)
        self._keep(snapshot, digest, grant)
        return grant.actor

    def _route(self, session: Session, actor: Actor, model: str) -> _Route:
        deployment = store.find_by_model(session, model)
        if deployment is None or not self._repositories.readable(session, actor=actor, repo=deployment.file.repo):
            raise ModelNotServed(model=model, field="model")
        if deployment.desired is not Desired.RUNNING:
            raise ModelStopped(model=model)
        versions = pricing.history(session, deployment.id)
        return _Route(deployment, Timeline.of(versions) if versions else None)

    def _keep(self, snapshot: _Snapshot, digest: str, grant: TokenGrant) -> None:
        if len(snapshot.grants) >= _MOST_CALLERS:
            snapshot.grants.clear()
        snapshot.grants[digest] = grant
        now = self._infra.clock.now()
        if not accounts.used_today(grant.token, now):
            self._infra.writer.submit(accounts.mark_token_used(grant.token.id, now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
