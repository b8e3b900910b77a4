"""Prepaid credit, over HTTP."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import AsJson, Endpoint, Owner, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelyard.billing.schemas import BalanceView
    from modelyard.cli.figures import Figures

app = typer.Typer(
    help="Prepaid credit: book what came in, see what is left.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("add")
def add(
    account: Annotated[str, typer.Argument(help="User or organization.")],
    amount: Annotated[str, typer.Argument(help="Such as 50 or 12.50.")],
    *,
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217 code, such as CNY.")],
    key: Annotated[
        str, typer.Option("--key", help="Names the payment, such as 'transfer 2026-01-31 no. 7'; it is booked once.")
    ],
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Book prepaid credit that an operator received outside; the same key again changes nothing."""
    from modelyard.billing.schemas import CreditAdded
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result

    body = {"amount": {"amount": amount, "currency": currency}, "key": key}
    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.send("POST", "accounts", account, "credit", body=body)
    done, figures = CreditAdded.model_validate(said), Figures()
    result(said, _wallets([done.balance], figures), as_json=as_json)
    if not done.new:
        figures.remark(
            N_("This key was booked before, as {transaction}; nothing has changed."), transaction=done.transaction
        )


@app.command("show")
def show(
    account: Owner = None, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Show what an account has, what is held for running requests, and what is left to spend."""
    from modelyard.billing.schemas import BalanceList
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result

    with connected(endpoint, token_stdin=token_stdin) as api:
        name = account or api.me()
        said = api.get("accounts", name, "credit")
    balances, figures = BalanceList.model_validate(said).items, Figures()
    if balances or as_json:
        result(said, _wallets(balances, figures), as_json=as_json)
    else:
        figures.remark(
            N_("{account} has no credit yet; an operator books it with `modelyard credit add`."), account=name
        )


def _wallets(balances: "Sequence[BalanceView]", figures: "Figures") -> str:
    from modelyard.cli.figures import Column

    columns = (
        Column(N_("Posted"), right=True),
        Column(N_("Held"), right=True),
        Column(N_("Available"), right=True),
    )
    return figures.table(
        columns,
        [[figures.money(each.posted), figures.money(each.held), figures.money(each.available)] for each in balances],
    )
