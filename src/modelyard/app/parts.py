"""The parts of a server, constructed once."""

from dataclasses import dataclass, field

from modelyard.accounts import Passwords
from modelyard.accounts.http import Authenticator
from modelyard.app.joints import HubRepositories
from modelyard.hub import DownloadCounter
from modelyard.infra import Infra
from modelyard.infra.health import Readiness
from modelyard.metering import Books, Keeper
from modelyard.serving.gateway import Gateway
from modelyard.serving.runtime import Runtime
from modelyard.web import Links, PanelRegistry, Renderer


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that faces are built from."""

    infra: Infra
    readiness: Readiness
    links: Links
    auth: Authenticator
    passwords: Passwords
    renderer: Renderer
    repositories: HubRepositories
    keeper: Keeper
    books: Books
    runtime: Runtime
    gateway: Gateway
    downloads: DownloadCounter
    panels: PanelRegistry = field(default_factory=PanelRegistry)
