"""Prices of deployments, over HTTP."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import AsJson, Endpoint, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.cli.figures import Figures
    from modelyard.pricing.schemas import PriceView

app = typer.Typer(
    help="Prices: set one, see which is in force and which were.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Which = Annotated[str, typer.Argument(help="Id of the deployment, or OWNER/NAME of its repository.")]


@app.command("set")
def set_price(
    deployment: Which,
    *,
    prompt: Annotated[str, typer.Option("--prompt", help="What the tokens of a question cost, such as 0.005.")],
    completion: Annotated[
        str | None, typer.Option("--completion", help="What the tokens of an answer cost; the same, if not given.")
    ] = None,
    per: Annotated[int, typer.Option("--per", help="For how many tokens.", min=1)] = 1000,
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217 code, such as CNY.")],
    effective_from: Annotated[
        str | None, typer.Option("--from", help="Instant from which it holds, such as 2026-02-01T00:00:00Z; now.")
    ] = None,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Set a price; the next request pays it, and those that run pay the old one."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.pricing.schemas import PriceView

    amounts = {"prompt": prompt, "completion": prompt if completion is None else completion}
    body: dict[str, object] = {name: {"amount": amount, "currency": currency} for name, amount in amounts.items()}
    body["per_tokens"] = per
    if effective_from is not None:
        body["effective_from"] = _instant(effective_from)
    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.send("PUT", "deployments", deployment_id(api, deployment), "price", body=body)
    result(said, _described(PriceView.model_validate(said), Figures()), as_json=as_json)


@app.command("show")
def show(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """Show the price in force."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.pricing.schemas import CurrentPrice

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", deployment_id(api, deployment), "price")
    price, figures = CurrentPrice.model_validate(said).price, Figures()
    text = _described(price, figures) if price else figures.say(N_("Nobody has set a price: use is free."))
    result(said, text, as_json=as_json)


@app.command("history")
def history(
    deployment: Which, *, endpoint: Endpoint = None, token_stdin: TokenStdin = False, as_json: AsJson = False
) -> None:
    """List every version of the price, the newest first."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Column, Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.pricing.schemas import PriceHistory

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("deployments", deployment_id(api, deployment), "prices")
    figures = Figures()
    columns = (
        Column(N_("Version"), right=True),
        Column(N_("From")),
        Column(N_("Prompt"), right=True),
        Column(N_("Completion"), right=True),
        Column(N_("Per tokens"), right=True),
        Column(N_("Platform"), right=True),
    )
    rows = [
        [
            str(each.number),
            figures.moment(each.effective_from),
            figures.money(each.prompt),
            figures.money(each.completion),
            figures.number(each.per_tokens),
            figures.share(each.platform_share_bp),
        ]
        for each in PriceHistory.model_validate(said).items
    ]
    result(said, figures.table(columns, rows), as_json=as_json)


def _instant(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not like 2026-02-01T00:00:00Z.", param_hint="--from") from None


def _described(price: "PriceView", figures: "Figures") -> str:
    per = figures.tokens(price.per_tokens)
    return figures.pairs(
        [
            (N_("Prompt"), f"{figures.money(price.prompt)} / {per}"),
            (N_("Completion"), f"{figures.money(price.completion)} / {per}"),
            (N_("Platform"), figures.share(price.platform_share_bp)),
            (N_("From"), figures.moment(price.effective_from)),
            (N_("Version"), f"{price.number}  {price.id}"),
        ]
    )
