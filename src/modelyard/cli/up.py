"""Start the server."""

import gc
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import Data
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.infra import Settings
    from modelyard.infra.startup import Prepared

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def up(
    *,
    data: Data = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to bind; 127.0.0.1 if none is set.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="TCP port; 0 takes a free one.")] = None,
    public_url: Annotated[
        str | None, typer.Option("--public-url", help="What people type, such as https://hub.example.org.")
    ] = None,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Write each log line as a JSON document.")] = False,
) -> None:
    """Start the server; Ctrl+C or SIGTERM ends it when running requests are answered, at most 30 seconds later."""
    gc.disable()  # until it serves: a start makes little garbage, and to look for it takes a sixth of the time
    from modelyard.cli.workplace import settings_of
    from modelyard.infra.startup import check_address, only_server
    from modelyard.infra.telemetry import configure_logging

    form = "json" if json_logs else None
    settings = settings_of(data, host=host, port=port, public_url=public_url, log_format=form)
    check_address(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_server(settings):
        configure_logging(settings.log_format, settings.log_level)
        _serve(settings)


def _serve(settings: "Settings") -> None:
    from modelyard.app import build_app
    from modelyard.cli.graceful import GracefulServer, configured
    from modelyard.infra.startup import bind, prepare

    taken = bind(settings)
    settings = settings.model_copy(update={"port": taken.getsockname()[1]})
    prepared = prepare(settings)
    link = _administrator_link(settings)
    server = GracefulServer(configured(build_app(settings, migrated=True)), lambda: _greet(settings, prepared, link))
    server.run(sockets=[taken])


def _administrator_link(settings: "Settings") -> str | None:
    from modelyard.accounts import first_admin_link
    from modelyard.infra import Database, SystemClock

    with closing(Database(settings.resolved_database_url)) as db, db.unit() as session:
        return first_admin_link(session, origin=settings.origin, clock=SystemClock())


def _greet(settings: "Settings", prepared: "Prepared", link: str | None) -> None:
    from modelyard.cli.output import spoken

    if prepared.copy:
        kept = N_("The database was brought to this release; the one before is kept in {file}.")
        typer.echo(spoken(kept, file=str(prepared.copy)))
    typer.echo(spoken(N_("Modelyard is at {url}"), url=settings.origin))
    if link:
        typer.echo(spoken(N_("Create the administrator here; the link works once: {link}"), link=link))
