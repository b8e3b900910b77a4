"""Statements of a period, over HTTP."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import AsJson, Endpoint, Month, Owner, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelyard.billing.schemas import LineView, MovementView, SalesStatementView, StatementView, WalletStatementView
    from modelyard.cli.figures import Figures

app = typer.Typer(
    help="Statements: what came in, what was used, what was sold, what is left.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Row = tuple[str, str, str, str, str]


@app.callback()
def _statements() -> None:
    """Statements: what came in, what was used, what was sold, what is left."""


@app.command("show")
def show(
    account: Owner = None,
    *,
    month: Month = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table for spreadsheets.")] = False,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Show the statement of a month, drawn from posted entries."""
    from modelyard.billing.schemas import StatementView
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result

    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other.", param_hint="--csv")
    with connected(endpoint, token_stdin=token_stdin) as api:
        path = ("accounts", account or api.me(), "statement")
        if as_csv:
            typer.echo(api.text(*path, month=month, format="csv"), nl=False)
            return
        said = api.get(*path, month=month)
    result(said, _drawn(StatementView.model_validate(said), Figures()), as_json=as_json)


def _drawn(statement: "StatementView", figures: "Figures") -> str:
    from modelyard.cli.figures import Column

    columns = (
        Column(""),
        Column(N_("Requests"), right=True),
        Column(N_("Prompt"), right=True),
        Column(N_("Completion"), right=True),
        Column(N_("Amount"), right=True),
    )
    head = f"{statement.account}  {figures.moment(statement.start)} - {figures.moment(statement.end)}"
    parts = [_wallet(part, figures) for part in statement.wallets] + [_sales(part, figures) for part in statement.sales]
    rows = [row for part in parts for row in (("", "", "", "", ""), *part)]
    free = figures.say(N_("Requests without a price: {count}"), count=figures.number(statement.free_requests))
    body = figures.table(columns, rows) if rows else figures.say(N_("Nothing was booked in this time."))
    return "\n".join([head, body, *([free] if statement.free_requests else [])])


def _wallet(part: "WalletStatementView", figures: "Figures") -> "list[Row]":
    lines = [(*_what(line, figures), figures.less(line.amount)) for line in part.usage]
    opening = _total(figures.say(N_("Credit at the start")), figures.money(part.opening))
    closing = _total(figures.say(N_("Credit at the end")), figures.money(part.closing))
    return [opening, *_moved(part.movements, figures), *lines, closing]


def _sales(part: "SalesStatementView", figures: "Figures") -> "list[Row]":
    lines = [(*_what(line, figures), figures.money(line.gross)) for line in part.sales]
    return [
        _total(figures.say(N_("Owed for sales at the start")), figures.money(part.opening)),
        *_moved(part.movements, figures),
        *lines,
        _total(figures.say(N_("The platform's share")), figures.less(part.platform)),
        _total(figures.say(N_("Owed for sales at the end")), figures.money(part.closing)),
    ]


def _moved(movements: "list[MovementView]", figures: "Figures") -> "Iterator[Row]":
    for each in movements:
        yield _total(f"{figures.moment(each.at)}  {each.kind}", figures.money(each.amount))


def _what(line: "LineView", figures: "Figures") -> tuple[str, str, str, str]:
    counts = (line.requests, line.prompt_tokens, line.completion_tokens)
    requests, prompt, completion = (figures.number(count) for count in counts)
    name = figures.say(N_("{deployment}, price {number}"), deployment=line.deployment, number=line.price.number)
    return name, requests, prompt, completion


def _total(name: str, amount: str) -> "Row":
    return name, "", "", "", amount
