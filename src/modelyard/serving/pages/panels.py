"""What a model's page shows of its deployment: a chat, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup
from starlette.requests import Request

from modelyard.accounts import Actor
from modelyard.hub import Repository
from modelyard.serving import service
from modelyard.serving.pages.desk import Desk, rate_of, standing_of
from modelyard.serving.rules import Desired
from modelyard.web import Panel


class Shown(Protocol):
    """What this room needs of the subject of a model's page."""

    @property
    def actor(self) -> Actor:
        """Who looks."""
        ...

    @property
    def repository(self) -> Repository:
        """At what."""
        ...

    @property
    def writes(self) -> bool:
        """Whether the actor may change it."""
        ...


def build_panels(desk: Desk) -> list[Panel]:
    """Return the panels of the room."""
    return [ChatPanel(desk), DeploymentPanel(desk)]


@dataclass(frozen=True, slots=True)
class ChatPanel:
    """A chat with the model, for those who are signed in."""

    desk: Desk
    id: str = "serving-chat"
    place: str = "model.main"
    order: int = 10

    def render(self, request: Request, subject: object) -> Markup | None:
        """Return the chat; None while the model is not served."""
        shown = _shown(subject)
        with self.desk.infra.db.reader() as session:
            deployment = service.deployment_of(session, shown.repository.id)
            if deployment is None or deployment.desired is not Desired.RUNNING:
                return None
            rate = rate_of(session, self.desk, deployment)
        return self.desk.renderer.fragment(request, "serving/chat_panel.html", deployment=deployment, rate=rate)


@dataclass(frozen=True, slots=True)
class DeploymentPanel:
    """Where the deployment stands and what it costs; for writers, the way to make one."""

    desk: Desk
    id: str = "serving-deployment"
    place: str = "model.side"
    order: int = 10

    def render(self, request: Request, subject: object) -> Markup | None:
        """Return the panel; None for readers of a model that is not served."""
        shown = _shown(subject)
        with self.desk.infra.db.reader() as session:
            deployment = service.deployment_of(session, shown.repository.id)
            if deployment is None:
                return self._invite(request, shown) if shown.writes else None
            newest = service.latest_stages(session, [deployment.id])
            rate = rate_of(session, self.desk, deployment)
        standing = standing_of(deployment, list(newest.values()))
        return self.desk.renderer.fragment(
            request, "serving/side_panel.html", deployment=deployment, standing=standing, rate=rate
        )

    def _invite(self, request: Request, shown: Shown) -> Markup:
        repo = str(shown.repository.path)
        return self.desk.renderer.fragment(request, "serving/deploy_panel.html", repo=repo)


def _shown(subject: object) -> Shown:
    if not all(hasattr(subject, name) for name in ("actor", "repository", "writes")):
        message = f"a model's page is about a repository and who looks at it, not {type(subject).__name__}"
        raise TypeError(message)
    return subject  # type: ignore[return-value]  # the three names were just looked for
