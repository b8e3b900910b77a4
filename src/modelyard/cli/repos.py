"""Repositories of a server, over HTTP."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modelyard.cli.options import AsJson, Cursor, Endpoint, Limit, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.cli.figures import Figures
    from modelyard.hub.schemas import RepositoryOut

app = typer.Typer(
    help="Repositories: create, list, show, delete, and who may see them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

RepoKind = Literal["model", "dataset", "space"]
Visible = Literal["public", "private"]
Kind = Annotated[RepoKind, typer.Option("--kind", help="What it holds.")]
Name = Annotated[str, typer.Argument(help="OWNER/NAME.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="OWNER/NAME, or NAME for one of your own.")],
    *,
    kind: Kind = "model",
    private: Annotated[bool, typer.Option("--private", help="Hide it from everybody but its readers.")] = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Create a repository and print its address."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import result

    namespace, _, short = name.rpartition("/")
    visibility: Visible = "private" if private else "public"
    body = {"kind": kind, "namespace": namespace, "name": short, "visibility": visibility}
    with connected(endpoint, token_stdin=token_stdin) as api:
        made = api.send("POST", "repositories", body=body)
    result(made, made["url"], as_json=as_json)


@app.command("list")
def list_repos(
    *,
    author: Annotated[str | None, typer.Option("--author", help="Only those of this user or organization.")] = None,
    kind: Annotated[RepoKind | None, typer.Option("--kind", help="Only those that hold this.")] = None,
    search: Annotated[str, typer.Option("--search", help="Words that the name must have.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """List the repositories that you may see, the latest changed first."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Column, Figures
    from modelyard.cli.output import result
    from modelyard.hub.schemas import RepositoryList

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("repositories", author=author, kind=kind, search=search, limit=limit, cursor=cursor)
    page, figures = RepositoryList.model_validate(said), Figures()
    columns = (
        Column(N_("Name")),
        Column(N_("Kind")),
        Column(N_("Seen by")),
        Column(N_("Size"), right=True),
        Column(N_("Changed")),
    )
    rows = [
        [_name(each), each.kind, each.visibility, figures.size(each.used_bytes), figures.moment(each.modified_at)]
        for each in page.items
    ]
    if page.items or as_json:
        result(said, figures.table(columns, rows), as_json=as_json)
    else:
        figures.remark(N_("No repository is there that you may see; `modelyard repos create NAME` makes one."))
    figures.more(page.next)


@app.command("show")
def show(
    name: Name,
    *,
    kind: Kind = "model",
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Show one repository."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.hub.schemas import RepositoryOut

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("repositories", *_path(kind, name))
    result(said, _described(RepositoryOut.model_validate(said), Figures()), as_json=as_json)


@app.command("visibility")
def visibility(
    name: Name,
    seen_by: Annotated[Visible, typer.Argument(metavar="{public|private}", help="Who may see it.")],
    *,
    kind: Kind = "model",
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Show a repository to everybody, or hide it from everybody but its readers."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import result

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.send("PATCH", "repositories", *_path(kind, name), body={"visibility": seen_by})
    result(said, f"{said['namespace']}/{said['name']}  {said['visibility']}", as_json=as_json)


@app.command("delete")
def delete(
    name: Name,
    *,
    kind: Kind = "model",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
) -> None:
    """Delete a repository with all its files, for good."""
    from modelyard.cli.client import connected
    from modelyard.cli.output import remark, spoken

    path = _path(kind, name)
    with connected(endpoint, token_stdin=token_stdin) as api:
        if not yes:
            typer.confirm(spoken(N_("Delete {name} and all its files, for good?"), name=name), abort=True, err=True)
        api.send("DELETE", "repositories", *path)
    remark(N_("{name} is deleted."), name=name)


def _path(kind: str, name: str) -> tuple[str, str, str]:
    namespace, slash, short = name.partition("/")
    if not (namespace and slash and short):
        raise typer.BadParameter(f"{name!r} is not OWNER/NAME.", param_hint="NAME")
    return kind, namespace, short


def _name(repository: "RepositoryOut") -> str:
    return f"{repository.namespace}/{repository.name}"


def _described(repository: "RepositoryOut", figures: "Figures") -> str:
    return figures.pairs(
        [
            (N_("Name"), _name(repository)),
            (N_("Kind"), repository.kind),
            (N_("Seen by"), repository.visibility),
            (N_("Task"), repository.pipeline_tag or ""),
            (N_("Tags"), " ".join(repository.tags)),
            (N_("Size"), figures.size(repository.used_bytes)),
            (N_("Downloads"), figures.number(repository.downloads)),
            (N_("Created"), figures.moment(repository.created_at)),
            (N_("Changed"), figures.moment(repository.modified_at)),
            (N_("Address"), repository.url),
        ]
    )
