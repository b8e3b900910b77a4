"""The verbs of serving: check, write, record, announce; none of them commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from modelyard.accounts import Actor, Role, Subject, allow, record, require
from modelyard.infra import epoch, mint
from modelyard.infra.outbox import announce
from modelyard.infra.signals import wake_after_commit
from modelyard.kernel import AccountId, Clock, DeploymentId, Page, RepoId
from modelyard.serving import rules, store
from modelyard.serving.errors import DeploymentNotFound, ModelAlreadyServed
from modelyard.serving.events import DeploymentChanged, DeploymentCreated
from modelyard.serving.rules import Desired, Stage
from modelyard.serving.values import Deployment, Draft, Reached, Repositories

CHANGES = "serving.deployments"
"""The topic that wakes the runtime of this process after a verb has committed."""

MAX_PAGE = 200


def create_deployment(
    session: Session, *, actor: Actor, repositories: Repositories, draft: Draft, clock: Clock
) -> Deployment:
    """Serve a file of a repository under the repository's name; the runtime starts it once this has committed.

    Needs the role of a writer over the repository's owner. Raises DeploymentUnsound, ModelAlreadyServed, and the hub's
    own errors for a repository, revision or file that is not there. The file itself is verified by the start.
    """
    rules.check_shape(draft.shape)
    file = repositories.find_file(session, actor=actor, repo=draft.repo, revision=draft.revision, path=draft.path)
    require(session, actor, file.owner, Role.WRITE)
    epoch.bump(session)  # first, because its row is also the lock between two creators
    if store.find_by_model(session, file.name) or store.find_by_repo(session, file.repo):
        raise ModelAlreadyServed(model=file.name)
    now = clock.now()
    deployment = Deployment(
        id=DeploymentId(mint("dep", clock)),
        file=file,
        engine="llamacpp",
        shape=draft.shape,
        desired=Desired.RUNNING,
        created_at=now,
        updated_at=now,
    )
    store.add(session, deployment)
    store.add_stage(session, deployment.id, Stage.QUEUED, now)
    data = {"model": deployment.model, "path": file.path, "revision": file.revision}
    record(session, actor=actor, act="deployment.created", subject=_subject(deployment), clock=clock, data=data)
    announce(session, DeploymentCreated(deployment.id, file.repo))
    wake_after_commit(session, CHANGES)
    return deployment


def start_deployment(session: Session, *, actor: Actor, deployment: DeploymentId, clock: Clock) -> Deployment:
    """Let a deployment answer again; one that failed is tried anew."""
    found = _changeable(session, actor, deployment)
    record(session, actor=actor, act="deployment.started", subject=_subject(found), clock=clock)
    return _want(session, found, Desired.RUNNING, clock)


def stop_deployment(session: Session, *, actor: Actor, deployment: DeploymentId, clock: Clock) -> Deployment:
    """Let a deployment finish what it has begun and take no more requests."""
    found = _changeable(session, actor, deployment)
    record(session, actor=actor, act="deployment.stopped", subject=_subject(found), clock=clock)
    return _want(session, found, Desired.STOPPED, clock)


def delete_deployment(session: Session, *, actor: Actor, deployment: DeploymentId, clock: Clock) -> Deployment:
    """Stop a deployment for good and free its name; usage and receipts keep naming it."""
    found = _changeable(session, actor, deployment)
    record(session, actor=actor, act="deployment.deleted", subject=_subject(found), clock=clock)
    return _want(session, found, Desired.DELETED, clock)


def get_deployment(
    session: Session, *, actor: Actor, repositories: Repositories, deployment: DeploymentId
) -> Deployment:
    """Return a deployment whose repository the actor may see; raises DeploymentNotFound."""
    found = store.find(session, deployment)
    if found is None or not repositories.readable(session, actor=actor, repo=found.file.repo):
        raise DeploymentNotFound(deployment=deployment)
    return found


def deployment_of(session: Session, repo: RepoId) -> Deployment | None:
    """Return the deployment of a repository that the caller has already been shown."""
    return store.find_by_repo(session, repo)


def running_of(session: Session, repos: Iterable[RepoId]) -> dict[RepoId, Deployment]:
    """Return those of these repositories that are served, of which the caller has already been shown."""
    return {deployment.file.repo: deployment for deployment in store.by_repos(session, repos)}


def list_deployments(
    session: Session,
    *,
    actor: Actor,
    repositories: Repositories,
    owner: AccountId | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Page[Deployment]:
    """List the deployments whose repositories the actor may see, the newest first; the cursor is an id."""
    wanted, shown = max(1, min(limit, MAX_PAGE)), []
    while True:
        batch = store.page(session, owner=owner, before=before, limit=MAX_PAGE)
        for each in batch:
            if repositories.readable(session, actor=actor, repo=each.file.repo):
                shown.append(each)
            if len(shown) > wanted:
                return Page(shown[:wanted], shown[wanted - 1].id)
        if len(batch) < MAX_PAGE:
            return Page(shown)
        before = batch[-1].id


def names_of(session: Session, deployments: Iterable[DeploymentId]) -> dict[DeploymentId, str]:
    """Return the names of deployments, also of deleted ones, for those who were shown usage of them."""
    return store.names_by_id(session, deployments)


def stages_of(session: Session, deployment: DeploymentId) -> list[Reached]:
    """Return the stages that a deployment came to, the oldest first."""
    return store.stages(session, deployment)


def latest_stages(session: Session, deployments: Iterable[DeploymentId]) -> dict[DeploymentId, Reached]:
    """Return the stage where each of these deployments stands."""
    return store.latest_stages(session, deployments)


def may_change(session: Session, actor: Actor, deployment: Deployment) -> bool:
    """Tell whether the actor may start, stop and delete the deployment."""
    return allow(session, actor, deployment.owner, Role.WRITE)


def _changeable(session: Session, actor: Actor, wanted: DeploymentId) -> Deployment:
    found = store.find(session, wanted)
    if found is None or not allow(session, actor, found.owner, Role.READ):
        raise DeploymentNotFound(deployment=wanted)
    require(session, actor, found.owner, Role.WRITE)
    return found


def _want(session: Session, found: Deployment, desired: Desired, clock: Clock) -> Deployment:
    now = clock.now()
    store.set_desired(session, found.id, desired, now)
    store.add_stage(session, found.id, Stage.QUEUED if desired is Desired.RUNNING else Stage.STOPPED, now)
    epoch.bump(session)
    announce(session, DeploymentChanged(found.id, desired.value))
    wake_after_commit(session, CHANGES)
    return replace(found, desired=desired, updated_at=now)


def _subject(deployment: Deployment) -> Subject:
    return Subject(deployment.id, deployment.owner)
