"""What was used and what was sold, over HTTP."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelyard.cli.options import AsJson, Cursor, Endpoint, Limit, Month, Owner, TokenStdin
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.cli.figures import Column, Figures
    from modelyard.metering.schemas import AmountsView, EventList, ReceiptView, TotalList

app = typer.Typer(
    help="Usage: each request, sums by day, deployment, price or token, and the receipt of one request.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Product = Annotated[str | None, typer.Option("--deployment", help="Only this one: its id or OWNER/NAME.")]
Token = Annotated[str | None, typer.Option("--token", help="Only what was used with the token of this id.")]


@app.command("list")
def list_usage(
    account: Owner = None,
    *,
    month: Month = "",
    deployment: Product = None,
    token: Token = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """List the requests of an account, the newest first."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.metering.schemas import EventList

    with connected(endpoint, token_stdin=token_stdin) as api:
        only = deployment_id(api, deployment) if deployment else None
        asked = {"month": month, "deployment": only, "token": token, "limit": limit, "cursor": cursor}
        said = api.get("accounts", account or api.me(), "usage", **asked)
    page, figures = EventList.model_validate(said), Figures()
    if page.items or as_json:
        result(said, _listed(page, figures), as_json=as_json)
    else:
        figures.remark(N_("Nothing was used in this time."))
    figures.more(page.next)


@app.command("by")
def usage_by(
    dimensions: Annotated[str, typer.Argument(help="What to tell apart: day, product, price, token; comma-separated.")],
    account: Owner = None,
    *,
    sales: Annotated[bool, typer.Option("--sales", help="What the account sold, not what it used.")] = False,
    month: Month = "",
    deployment: Product = None,
    token: Token = None,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Sum what an account used, or sold, by what you want to tell apart."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.cli.products import deployment_id
    from modelyard.metering.schemas import TotalList

    side = "sales" if sales else "usage"
    with connected(endpoint, token_stdin=token_stdin) as api:
        only = deployment_id(api, deployment) if deployment else None
        asked = {"by": dimensions, "month": month, "deployment": only, "token": token}
        said = api.get("accounts", account or api.me(), side, "totals", **asked)
    totals, figures = TotalList.model_validate(said), Figures()
    if totals.items or as_json:
        result(said, _summed(totals, figures, sales=sales), as_json=as_json)
    else:
        figures.remark(N_("Nothing was used in this time."))


@app.command("receipt")
def receipt(
    request: Annotated[str, typer.Argument(help="Id of the request, as its X-Request-Id header said.")],
    *,
    endpoint: Endpoint = None,
    token_stdin: TokenStdin = False,
    as_json: AsJson = False,
) -> None:
    """Show what one request held, used and cost, and who got it."""
    from modelyard.cli.client import connected
    from modelyard.cli.figures import Figures
    from modelyard.cli.output import result
    from modelyard.metering.schemas import ReceiptView

    with connected(endpoint, token_stdin=token_stdin) as api:
        said = api.get("receipts", request)
    result(said, _receipt(ReceiptView.model_validate(said), Figures()), as_json=as_json)


def _listed(page: "EventList", figures: "Figures") -> str:
    from modelyard.cli.figures import Column

    columns = (Column(N_("At")), *_counted(), Column(N_("Charged"), right=True), Column(N_("Request")))
    rows = [
        [
            figures.moment(each.at),
            figures.number(each.prompt_tokens),
            figures.number(each.completion_tokens),
            _money(figures, each.amounts),
            each.request,
        ]
        for each in page.items
    ]
    return figures.table(columns, rows)


def _summed(totals: "TotalList", figures: "Figures", *, sales: bool) -> str:
    from modelyard.cli.figures import Column

    titles = {"day": N_("Day"), "product": N_("Deployment"), "price": N_("Price"), "token": N_("Token")}
    names = list(totals.items[0].by) if totals.items else []
    kinds = [N_("Gross"), N_("Platform"), N_("Net")] if sales else [N_("Charged")]
    columns = [
        *(Column(titles[name]) for name in names),
        Column(N_("Requests"), right=True),
        *_counted(),
        *(Column(kind, right=True) for kind in kinds),
    ]
    rows = [
        [
            *(each.by[name] for name in names),
            *(figures.number(count) for count in (each.requests, each.prompt_tokens, each.completion_tokens)),
            *(_sold(figures, each.amounts) if sales else [_money(figures, each.amounts)]),
        ]
        for each in totals.items
    ]
    return figures.table(columns, rows)


def _receipt(receipt: "ReceiptView", figures: "Figures") -> str:
    charge = receipt.charge
    money = (
        [
            (N_("Held"), figures.money(charge.held)),
            (N_("Charged"), figures.money(charge.charged)),
            (N_("Publisher"), figures.money(charge.seller)),
            (N_("Platform"), figures.money(charge.platform)),
        ]
        if charge
        else [(N_("Charged"), figures.say(N_("free")))]
    )
    return figures.pairs(
        [
            (N_("Request"), receipt.request),
            (N_("Deployment"), receipt.deployment),
            (N_("Prompt"), figures.tokens(receipt.prompt_tokens)),
            (N_("Completion"), figures.tokens(receipt.completion_tokens)),
            *money,
            (N_("Transaction"), receipt.transaction or ""),
            (N_("At"), figures.moment(receipt.settled_at)),
        ]
    )


def _counted() -> "list[Column]":
    from modelyard.cli.figures import Column

    return [Column(N_("Prompt"), right=True), Column(N_("Completion"), right=True)]


def _money(figures: "Figures", amounts: "AmountsView | None") -> str:
    return figures.money(amounts.charged) if amounts else figures.say(N_("free"))


def _sold(figures: "Figures", amounts: "AmountsView | None") -> list[str]:
    if amounts is None:
        return [figures.say(N_("free")), "", ""]
    return [figures.money(each) for each in (amounts.charged, amounts.platform, amounts.seller)]
