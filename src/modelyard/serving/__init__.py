"""From a published file to metered answers: deployments, the engines that run them, and the gateway before them.

A deployment serves one file of a repository under the repository's name. The runtime keeps one supervised engine
process a model, starts it on demand and stops it when it idles. The gateway stands before every engine: it holds credit
durably, relays the answer, and settles exactly what the engine says it generated, never more than was held.

It refuses to run a model inside the server's own process, to let a request past the hold, and to charge for an answer
that its engine did not finish. What it asks of the hub is the protocol `Repositories`.
"""

from modelyard.serving.rules import Desired, Shape, Stage
from modelyard.serving.service import (
    create_deployment,
    delete_deployment,
    deployment_of,
    get_deployment,
    latest_stages,
    list_deployments,
    may_change,
    names_of,
    running_of,
    stages_of,
    start_deployment,
    stop_deployment,
)
from modelyard.serving.values import Deployment, Draft, Reached, Repositories, ServedFile

__all__ = [
    "Deployment",
    "Desired",
    "Draft",
    "Reached",
    "Repositories",
    "ServedFile",
    "Shape",
    "Stage",
    "create_deployment",
    "delete_deployment",
    "deployment_of",
    "get_deployment",
    "latest_stages",
    "list_deployments",
    "may_change",
    "names_of",
    "running_of",
    "stages_of",
    "start_deployment",
    "stop_deployment",
]
