"""Options that many commands share, spelled once."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder; MODELYARD_DATA_DIR or ./var if it is not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", help="Address of the server; MODELYARD_ENDPOINT or http://127.0.0.1:8000 without it."),
]
TokenStdin = Annotated[
    bool, typer.Option("--token-stdin", help="Read the token from standard input; MODELYARD_TOKEN without it.")
]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Where to go on, as the page before said.")]
Limit = Annotated[int, typer.Option("--limit", help="The most to list.", min=1, max=200)]
Owner = Annotated[str | None, typer.Argument(help="User or organization; who asks, if none is named.")]
Month = Annotated[str, typer.Option("--month", help="Such as 2026-01; this month without it.")]
