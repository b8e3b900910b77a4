"""Watch a deployment start: each stage is said as it is reached, on standard error."""

from threading import Event

import typer

from modelyard.cli.client import Api, Json
from modelyard.cli.errors import DeploymentDidNotStart, DeploymentStopped
from modelyard.serving import Stage
from modelyard.serving.schemas import StageList, StageOut

_LOOK_SECONDS = 0.25


def until_ready(api: Api, deployment: str, *, after: int) -> Json:
    """Return the deployment once it is warm; `after` is the number of stages that it had come to before.

    Raises DeploymentDidNotStart with the reason, and DeploymentStopped when somebody stops it meanwhile.
    """
    pause, seen = Event(), after
    began: StageOut | None = None
    while True:
        reached = StageList.model_validate(api.get("deployments", deployment, "stages")).items
        for each in reached[seen:]:
            began = began or each
            typer.echo(f"{(each.at - began.at).total_seconds():6.1f} s  {each.stage.value}", err=True)
            if each.stage is Stage.WARM:
                return api.get("deployments", deployment)
            _check(api, deployment, each)
        seen = max(seen, len(reached))
        pause.wait(_LOOK_SECONDS)


def _check(api: Api, deployment: str, reached: StageOut) -> None:
    if reached.stage is Stage.STOPPED:
        raise DeploymentStopped(model=_model(api, deployment), deployment=deployment)
    if reached.failure is not None:
        raise DeploymentDidNotStart(
            model=_model(api, deployment),
            deployment=deployment,
            stage=(reached.during or reached.stage).value,
            reason=reached.failure.reason,
            advice=reached.failure.hint,
            cause=reached.failure.code,
        )


def _model(api: Api, deployment: str) -> str:
    return str(api.get("deployments", deployment)["model"])
