"""What /api/v1 says of deployments."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from modelyard.serving.rules import Desired, Shape, Stage
from modelyard.serving.values import Deployment, Draft, Reached

_DEFAULT = Shape()


class DeploymentWish(BaseModel):
    """A file of a repository to be served under the repository's name."""

    model_config = ConfigDict(extra="forbid")

    repo: str = Field(max_length=200, examples=["ada/tiny-chat"], description="owner/name of a model repository.")
    file: str = Field(max_length=1024, examples=["model.gguf"], description="Path of a GGUF file in the repository.")
    revision: str = Field("main", max_length=200, description="Branch, tag or commit; pinned to the commit of now.")
    context: int = Field(_DEFAULT.context, description="Tokens of prompt and answer that one request may fill.")
    slots: int = Field(_DEFAULT.slots, description="Requests that run at once.")
    default_output: int = Field(0, description="Tokens of an answer whose request says nothing; 0: up to 512.")
    max_output: int = Field(_DEFAULT.max_output, description="Tokens that no answer exceeds.")
    idle_stop: int = Field(_DEFAULT.idle_stop, description="Seconds without a request until it sleeps; 0: never.")

    def draft(self) -> Draft:
        """Return what is asked for."""
        default = self.default_output or min(_DEFAULT.default_output, self.max_output)
        shape = Shape(self.context, self.slots, default, self.max_output, self.idle_stop)
        return Draft(self.repo, self.file, self.revision, shape)


class FailureOut(BaseModel):
    """Why a stage failed: a stable code, a sentence and what to do."""

    code: str
    reason: str
    hint: str


class StageOut(BaseModel):
    """A stage that a deployment came to; `during` is the stage in which it failed."""

    stage: Stage
    at: datetime
    during: Stage | None
    failure: FailureOut | None

    @classmethod
    def of(cls, reached: Reached, failure: FailureOut | None) -> StageOut:
        """Show a stage."""
        return cls(stage=reached.stage, at=reached.at, during=reached.during, failure=failure)


class StageList(BaseModel):
    """Stages, the oldest first."""

    items: list[StageOut]
    next: str | None = None


class LogOut(BaseModel):
    """The end of the engine's log on this machine; empty while there is no engine."""

    lines: list[str]


class DeploymentOut(BaseModel):
    """A deployment; `model` is the name by which requests ask for it, `stage` where it stands now."""

    id: str
    model: str
    owner_id: str
    repo_id: str
    file: str
    revision: str
    sha256: str
    size: int
    engine: str
    context: int
    slots: int
    default_output: int
    max_output: int
    idle_stop: int
    desired: Desired
    stage: StageOut | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, deployment: Deployment, stage: StageOut | None) -> DeploymentOut:
        """Show a deployment."""
        file, shape = deployment.file, deployment.shape
        return cls(
            id=deployment.id,
            model=deployment.model,
            owner_id=file.owner,
            repo_id=file.repo,
            file=file.path,
            revision=file.revision,
            sha256=file.sha256,
            size=file.size,
            engine=deployment.engine,
            context=shape.context,
            slots=shape.slots,
            default_output=shape.default_output,
            max_output=shape.max_output,
            idle_stop=shape.idle_stop,
            desired=deployment.desired,
            stage=stage,
            created_at=deployment.created_at,
            updated_at=deployment.updated_at,
        )


class DeploymentList(BaseModel):
    """One page of deployments, the newest first."""

    items: list[DeploymentOut]
    next: str | None
