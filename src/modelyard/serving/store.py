"""Every query of serving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from modelyard.infra import Statements, canonical_json, to_micros
from modelyard.kernel import AccountId, DeploymentId, RepoId
from modelyard.serving import failures
from modelyard.serving.models import DeploymentRow, StageRow
from modelyard.serving.rules import Desired, Shape, Stage
from modelyard.serving.values import Deployment, Reached, ServedFile

KEPT_STAGES = 100
_INSERT_STAGE = "INSERT INTO deployment_stage (deployment, stage, at, during, code, data) VALUES (?, ?, ?, ?, ?, ?)"
_FORGET_STAGES = (
    "DELETE FROM deployment_stage WHERE deployment = ? AND seq <= (SELECT seq FROM deployment_stage"
    " WHERE deployment = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)"
)


def add(session: Session, deployment: Deployment) -> None:
    """Add a deployment."""
    file, shape = deployment.file, deployment.shape
    session.add(
        DeploymentRow(
            id=deployment.id,
            owner=file.owner,
            repo=file.repo,
            name=file.name,
            name_key=file.name.lower(),
            revision=file.revision,
            path=file.path,
            sha256=file.sha256,
            size=file.size,
            engine=deployment.engine,
            context=shape.context,
            slots=shape.slots,
            default_output=shape.default_output,
            max_output=shape.max_output,
            idle_stop=shape.idle_stop,
            desired=deployment.desired.value,
            created_at=deployment.created_at,
            updated_at=deployment.updated_at,
        )
    )
    session.flush()


def find(session: Session, deployment: DeploymentId) -> Deployment | None:
    """Return a deployment that was not deleted."""
    return _one(session, _present().where(DeploymentRow.id == deployment))


def find_by_model(session: Session, model: str) -> Deployment | None:
    """Return the deployment that is served under a name, whatever the case of its letters."""
    return _one(session, _present().where(DeploymentRow.name_key == model.lower()))


def find_by_repo(session: Session, repo: RepoId) -> Deployment | None:
    """Return the deployment of a repository."""
    return _one(session, _present().where(DeploymentRow.repo == repo))


def by_repos(session: Session, repos: Iterable[RepoId]) -> list[Deployment]:
    """Return the deployments of these repositories that shall run."""
    query = _present().where(DeploymentRow.repo.in_(list(repos)), DeploymentRow.desired == Desired.RUNNING.value)
    return [_deployment(row) for row in session.scalars(query)]


def page(
    session: Session, *, owner: AccountId | None, before: str | None, limit: int, running: bool = False
) -> list[Deployment]:
    """Return deployments, the newest first: of one owner or of all, and only those older than an id."""
    query = _present().order_by(DeploymentRow.id.desc()).limit(limit)
    if owner is not None:
        query = query.where(DeploymentRow.owner == owner)
    if before is not None:
        query = query.where(DeploymentRow.id < before)
    if running:
        query = query.where(DeploymentRow.desired == Desired.RUNNING.value)
    return [_deployment(row) for row in session.scalars(query)]


def set_desired(session: Session, deployment: DeploymentId, desired: Desired, at: datetime) -> None:
    """Write what its publisher wants of a deployment."""
    changed = {"desired": desired.value, "updated_at": at}
    session.execute(update(DeploymentRow).where(DeploymentRow.id == deployment).values(changed))


def desired_by_id(session: Session, deployments: Iterable[DeploymentId]) -> dict[DeploymentId, Desired]:
    """Return what is wanted of each of these deployments."""
    query = select(DeploymentRow.id, DeploymentRow.desired).where(DeploymentRow.id.in_(list(deployments)))
    return {DeploymentId(row.id): Desired(row.desired) for row in session.execute(query)}


def names_by_id(session: Session, deployments: Iterable[DeploymentId]) -> dict[DeploymentId, str]:
    """Return the names under which these deployments are or were served, also of those that are deleted."""
    query = select(DeploymentRow.id, DeploymentRow.name).where(DeploymentRow.id.in_(list(deployments)))
    return {DeploymentId(row.id): row.name for row in session.execute(query)}


def stages(session: Session, deployment: DeploymentId, limit: int = KEPT_STAGES) -> list[Reached]:
    """Return the stages that a deployment came to, the oldest first."""
    query = select(StageRow).where(StageRow.deployment == deployment).order_by(StageRow.seq.desc()).limit(limit)
    return [_reached(row) for row in reversed(list(session.scalars(query)))]


def latest_stages(session: Session, deployments: Iterable[DeploymentId]) -> dict[DeploymentId, Reached]:
    """Return the last stage of each of these deployments."""
    newest = select(func.max(StageRow.seq)).where(StageRow.deployment.in_(list(deployments)))
    query = select(StageRow).where(StageRow.seq.in_(newest.group_by(StageRow.deployment)))
    return {DeploymentId(row.deployment): _reached(row) for row in session.scalars(query)}


def standing_at(session: Session, standing: Iterable[Stage]) -> list[Deployment]:
    """Return the deployments that shall run and whose last stage is one of these."""
    later = aliased(StageRow)
    newest = select(func.max(later.seq)).where(later.deployment == DeploymentRow.id).scalar_subquery()
    query = _present().join(StageRow, StageRow.seq == newest).where(DeploymentRow.desired == Desired.RUNNING.value)
    rows = session.scalars(query.where(StageRow.stage.in_([stage.value for stage in standing])))
    return [_deployment(row) for row in rows]


def add_stage(session: Session, deployment: DeploymentId, stage: Stage, at: datetime) -> None:
    """Add a stage in a unit of work."""
    session.add(StageRow(deployment=deployment, stage=stage.value, at=at, data={}))


def write_stage(statements: Statements, deployment: DeploymentId, reached: Reached) -> None:
    """Add a stage as a work of the writer, and forget the oldest ones."""
    failure = reached.failure
    during = reached.during.value if reached.during else None
    data = canonical_json(failure.data if failure else {})
    code = failure.code if failure else None
    values = (deployment, reached.stage.value, to_micros(reached.at), during, code, data)
    statements.execute(_INSERT_STAGE, values)
    statements.execute(_FORGET_STAGES, (deployment, deployment, KEPT_STAGES))


def _present() -> Select[DeploymentRow]:
    return select(DeploymentRow).where(DeploymentRow.desired != Desired.DELETED.value)


def _one(session: Session, query: Select[DeploymentRow]) -> Deployment | None:
    row = session.scalars(query).one_or_none()
    return None if row is None else _deployment(row)


def _deployment(row: DeploymentRow) -> Deployment:
    return Deployment(
        id=DeploymentId(row.id),
        file=ServedFile(
            repo=RepoId(row.repo),
            owner=AccountId(row.owner),
            name=row.name,
            revision=row.revision,
            path=row.path,
            sha256=row.sha256,
            size=row.size,
        ),
        engine=row.engine,
        shape=Shape(row.context, row.slots, row.default_output, row.max_output, row.idle_stop),
        desired=Desired(row.desired),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _reached(row: StageRow) -> Reached:
    during = Stage(row.during) if row.during else None
    return Reached(Stage(row.stage), row.at, during, failures.revive(row.code, row.data))
