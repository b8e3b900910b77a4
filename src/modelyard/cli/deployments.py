"""Deployments of a server, over HTTP: which files are served, and how far a start has come."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import AsJson, Cursor, Endpoint, Limit, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.cli.client import Json
    from modelyard.cli.figures import Figures
    from modelyard.serving.schemas import DeploymentOut

app = typer.Typer(
    help="Deployments: serve a file of a repository, watch it start, stop it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Which = Annotated[str, typer.Argument(help="Id of the deployment, or OWNER/NAME of its repository.")]
Wait = Annotated[bool, typer.Option("--wait", help="Show the stages as they are reached, until it is ready or fails.")]


@app.command("create")
def create(
    *,
    repo: Annotated[str, typer.Option("--repo", help="OWNER/NAME of a model repository.")],
    file: Annotated[str, typer.Option("--file", help="Path of a GGUF file in it.")],
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit; pinned to today's.")] = "main",
    context: Annotated[int | None, typer.Option("--context", help="Tokens that one request may fill.")] = None,
    slots: Annotated[int | None, typer.Option("--slots", help="Requests that run at once.")] = None,
    idle_stop: Annotated[
        int | None, typer.Option("--idle-stop", help="Seconds without a request until it sleeps; 0: never.")
    ] = None,
    wait: Wait = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Serve a GGUF file of a repository under the repository's name."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import result
    from modelyard.cli.waiting import until_ready

    shape = {"context": context, "slots": slots, "idle_stop": idle_stop}
    chosen = {name: value for name, value in shape.items() if value is not None}
    with connected(endpoint, token_stdin=token_stdin) as api:
        made = api.send("POST", "deployments", body={"repo": repo, "file": file, "revision": revision, **chosen})
        if wait:
            made = until_ready(api, made["id"], after=0)
    result(made, f"{made['model']}  {made['id']}  {_stage(made)}", as_json=as_json)


@app.command("list")
def list_deployments(
    *,
    owner: Annotated[str | None, typer.Option("--owner", help="Only those of this user or organization.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """List the deployments that you may see, the newest first."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Column, Figures
    from modelyard.cli.output import result
    from modelyard.serving.schemas import DeploymentList

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", owner=owner, limit=limit, cursor=cursor)
    page, figures = DeploymentList.model_validate(said), Figures()
    columns = (Column(N_("Model")), Column(N_("Stage")), Column(N_("Size"), right=True), Column(N_("Id")))
    rows = [[each.model, _reached(each), figures.size(each.size), each.id] for each in page.items]
    if page.items or as_json:
        result(said, figures.table(columns, rows), as_json=as_json)
    else:
        figures.remark(
            N_("No deployment is there; `modelyard deployments create --repo OWNER/NAME --file PATH` makes one.")
        )
    figures.more(page.next)


@app.command("show")
def show(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Show one deployment and the stage where it stands."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.serving.schemas import DeploymentOut

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", deployment_id(api, deployment))
    result(said, _described(DeploymentOut.model_validate(said), Figures()), as_json=as_json)


@app.command("start")
def start(
    deployment: Which,
    *,
    wait: Wait = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Let a deployment answer again; one that failed is tried anew."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.cli.waiting import until_ready

    with connected(endpoint, token_stdin=token_stdin) as api:
        wanted = deployment_id(api, deployment)
        before = len(api.get("deployments", wanted, "stages")["items"])
        said = api.send("POST", "deployments", wanted, "start")
        if wait:
            said = until_ready(api, wanted, after=before)
    result(said, f"{said['model']}  {said['id']}  {_stage(said)}", as_json=as_json)


@app.command("stop")
def stop(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Let a deployment finish what it has begun and take no more requests."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.send("POST", "deployments", deployment_id(api, deployment), "stop")
    result(said, f"{said['model']}  {said['id']}  {_stage(said)}", as_json=as_json)


@app.command("delete")
def delete(
    deployment: Which,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
) -> None:
    """Stop a deployment for good and free its name; the repository and all receipts stay."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import remark, spoken
    from modelyard.cli.products import deployment_id

    with connected(endpoint, token_stdin=token_stdin) as api:
        wanted = deployment_id(api, deployment)
        if not yes:
            typer.confirm(spoken(N_("Stop {name} for good?"), name=deployment), abort=True, err=True)
        api.send("DELETE", "deployments", wanted)
    remark(N_("{name} is deleted."), name=deployment)


@app.command("stages")
def stages(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Show the stages that a deployment came to, each failure with its reason."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Column, Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.serving.schemas import StageList

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", deployment_id(api, deployment), "stages")
    figures = Figures()
    rows = [
        [figures.moment(each.at), each.stage, each.failure.reason if each.failure else ""]
        for each in StageList.model_validate(said).items
    ]
    columns = (Column(N_("At")), Column(N_("Stage")), Column(N_("Reason")))
    result(said, figures.table(columns, rows), as_json=as_json)


@app.command("log")
def log(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Print the end of the engine's log."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import remark, result
    from modelyard.cli.products import deployment_id

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", deployment_id(api, deployment), "log")
    if said["lines"] or as_json:
        result(said, "\n".join(said["lines"]), as_json=as_json)
    else:
        remark(N_("There is no log: no engine runs for it now."))


def _stage(said: "Json") -> str:
    from modelyard.serving.schemas import DeploymentOut

    return _reached(DeploymentOut.model_validate(said))


def _reached(deployment: "DeploymentOut") -> str:
    return deployment.stage.stage.value if deployment.stage else ""


def _described(deployment: "DeploymentOut", figures: "Figures") -> str:
    reached = deployment.stage
    failure = reached.failure if reached else None
    return figures.pairs(
        [
            (N_("Model"), deployment.model),
            (N_("Id"), deployment.id),
            (N_("Stage"), _reached(deployment)),
            (N_("Reached"), figures.moment(reached.at) if reached else ""),
            (N_("Reason"), f"{failure.reason} {failure.hint}" if failure else ""),
            (N_("File"), deployment.file),
            (N_("Commit"), deployment.revision),
            (N_("Size"), figures.size(deployment.size)),
            (N_("sha256"), deployment.sha256),
            (N_("Engine"), deployment.engine),
            (N_("Context"), figures.tokens(deployment.context)),
            (N_("At once"), figures.number(deployment.slots)),
            (N_("Longest answer"), figures.tokens(deployment.max_output)),
            (N_("Created"), figures.moment(deployment.created_at)),
        ]
    )
