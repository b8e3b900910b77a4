"""What the pages of this room share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request

from modelyard import pricing
from modelyard.accounts import Actor
from modelyard.accounts.http import Authenticator
from modelyard.economics import Meter
from modelyard.infra import Infra
from modelyard.kernel import N_, DeploymentId, Money
from modelyard.serving import service
from modelyard.serving.gateway import Gateway
from modelyard.serving.rules import Desired, Stage
from modelyard.serving.runtime import Runtime
from modelyard.serving.values import Deployment, Reached, Repositories
from modelyard.web import Renderer

STAGE_NAMES = {
    Stage.QUEUED: N_("Queued"),
    Stage.VERIFYING: N_("Verifying"),
    Stage.LOADING: N_("Loading"),
    Stage.WARM: N_("Warm"),
    Stage.ASLEEP: N_("Asleep"),
    Stage.STOPPED: N_("Stopped"),
    Stage.FAILED: N_("Failed"),
}
_LEVELS = {Stage.WARM: "success", Stage.FAILED: "danger", Stage.ASLEEP: "neutral", Stage.STOPPED: "neutral"}
START = (Stage.QUEUED, Stage.VERIFYING, Stage.LOADING, Stage.WARM)
_PER = 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages are given."""

    infra: Infra
    auth: Authenticator
    renderer: Renderer
    repositories: Repositories
    runtime: Runtime
    gateway: Gateway

    def see(self, session: Session, actor: Actor, request: Request) -> Deployment:
        """Return the deployment that an address names; raises DeploymentNotFound."""
        wanted = DeploymentId(request.path_params["deployment"])
        return service.get_deployment(session, actor=actor, repositories=self.repositories, deployment=wanted)


@dataclass(frozen=True, slots=True)
class Rate:
    """What 1,000 tokens cost, read and written."""

    prompt: Money
    completion: Money

    @property
    def free(self) -> bool:
        """Tell whether use costs nothing."""
        return not self.prompt and not self.completion


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a start as the `stages` macro draws it."""

    name: str
    state: str
    reached: Reached | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deployment stands, in words and colors; `steps` are there while it starts and after a failure."""

    stage: Stage
    reached: Reached | None
    steps: Sequence[Step]

    @property
    def name(self) -> str:
        """The English name of the stage, marked for translation."""
        return STAGE_NAMES[self.stage]

    @property
    def level(self) -> str:
        """The level of its badge."""
        return _LEVELS.get(self.stage, "info")

    @property
    def moving(self) -> bool:
        """Tell whether it will change by itself soon."""
        return self.stage in (Stage.QUEUED, Stage.VERIFYING, Stage.LOADING)


def standing_of(deployment: Deployment, stages: Sequence[Reached]) -> Standing:
    """Return where a deployment stands after these stages, the oldest first."""
    last = stages[-1] if stages else None
    if deployment.desired is Desired.STOPPED:
        return Standing(Stage.STOPPED, last, ())
    if last is None:
        return Standing(Stage.ASLEEP, None, ())
    shown = last.stage in START or last.stage is Stage.FAILED
    return Standing(last.stage, last, _steps(stages) if shown else ())


def rate_of(session: Session, desk: Desk, deployment: Deployment) -> Rate | None:
    """Return the price in force; None while nobody has set one."""
    version = pricing.price_at(session, deployment.id, desk.infra.clock.now())
    if version is None:
        return None
    atoms = {rate.meter: rate.atoms * _PER for rate in version.price.rates}
    unit = version.price.currency
    return Rate(Money(atoms.get(Meter.PROMPT_TOKENS, 0), unit), Money(atoms.get(Meter.COMPLETION_TOKENS, 0), unit))


def _steps(stages: Sequence[Reached]) -> list[Step]:
    """The four steps of the last start, each done, now, failed or ahead."""
    run = {reached.stage: reached for reached in _last_run(stages)}
    failed = run.get(Stage.FAILED)
    at = failed.during if failed and failed.during in START else stages[-1].stage
    position = START.index(at) if at in START else len(START)
    steps = []
    for index, stage in enumerate(START):
        done = index < position or (stage is Stage.WARM and at is Stage.WARM and failed is None)
        state = "done" if done else "ahead" if index > position else "failed" if failed else "now"
        steps.append(Step(STAGE_NAMES[stage], state, failed if state == "failed" else run.get(stage)))
    return steps


def _last_run(stages: Sequence[Reached]) -> Sequence[Reached]:
    for index in range(len(stages) - 1, -1, -1):
        first = index == 0 or stages[index - 1].stage not in (Stage.QUEUED, Stage.VERIFYING)
        if stages[index].stage in (Stage.QUEUED, Stage.VERIFYING) and first:
            return stages[index:]
    return stages
