"""Back up an installation."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.cli.options import AsJson, Data
from modelyard.kernel import N_

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    *,
    data: Data = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave out the secret key; keep it safe elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the whole installation into one file, while the server works."""
    from modelyard.cli.output import remark, result, spoken
    from modelyard.cli.workplace import settings_of
    from modelyard.infra import SystemClock
    from modelyard.infra.backup import make_backup

    manifest = make_backup(settings_of(data), file.absolute(), clock=SystemClock(), with_key=not without_key)
    said = spoken(
        N_("{file}: database at revision {revision}, {blobs} stored files, {bytes} bytes."),
        file=str(file),
        revision=manifest.revision,
        blobs=manifest.blobs,
        bytes=manifest.bytes,
    )
    result({"file": str(file), **manifest.model_dump(mode="json", exclude={"members"})}, said, as_json=as_json)
    if manifest.has_key:
        remark(N_("The file holds the secret key and all data: whoever has it has everything. Keep it safe."))
    else:
        remark(N_("The secret key is not in it. Without secret.key of the data folder, encrypted secrets stay locked."))
