"""Options that many commands share, spelled once."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder; MODELYARD_DATA_DIR or ./var if it is not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
