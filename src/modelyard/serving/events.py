"""What serving announces to other rooms."""

from dataclasses import dataclass
from typing import ClassVar

from modelyard.kernel import DeploymentId, RepoId


@dataclass(frozen=True, slots=True)
class DeploymentCreated:
    """A file of a repository is served from now on."""

    name: ClassVar[str] = "serving.deployment_created"

    deployment: DeploymentId
    repo: RepoId

    @property
    def subject(self) -> str:
        """The deployment."""
        return self.deployment


@dataclass(frozen=True, slots=True)
class DeploymentChanged:
    """Its publisher started, stopped or deleted a deployment; `desired` is what holds from now on."""

    name: ClassVar[str] = "serving.deployment_changed"

    deployment: DeploymentId
    desired: str

    @property
    def subject(self) -> str:
        """The deployment."""
        return self.deployment
