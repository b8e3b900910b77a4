"""Restore an installation from a backup."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.cli.options import AsJson, Data
from modelyard.kernel import N_

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", exists=True, dir_okay=False, readable=True)],
    *,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an installation out of a backup, in an empty folder (and an empty PostgreSQL database)."""
    from modelyard.cli.output import remark, result, spoken
    from modelyard.cli.workplace import settings_of
    from modelyard.infra.backup import restore_backup

    settings = settings_of(data)
    manifest = restore_backup(settings, file)
    said = spoken(
        N_("{folder}: restored what was saved at {made_at}, {blobs} stored files."),
        folder=str(settings.data_dir),
        made_at=manifest.made_at.isoformat(timespec="seconds"),
        blobs=manifest.blobs,
    )
    result(
        {"folder": str(settings.data_dir), **manifest.model_dump(mode="json", exclude={"members"})},
        said,
        as_json=as_json,
    )
    if not manifest.has_key:
        remark(N_("The backup has no secret key: put the old secret.key into the folder before you start the server."))
