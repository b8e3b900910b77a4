"""Shapes of /api/v1 for credit and statements."""

from pydantic import BaseModel, ConfigDict, Field

from modelyard.billing.credit import TopUp
from modelyard.billing.statements import Movement, SaleLine, SalesStatement, Statement, UsageLine, WalletStatement
from modelyard.ledger import Balance
from modelyard.pricing.schemas import Moment, MoneyView, PriceView


class AddCredit(BaseModel):
    """Prepaid credit that came in outside. The key books it once, however often it is sent."""

    model_config = ConfigDict(extra="forbid")

    amount: MoneyView
    key: str = Field(max_length=200, examples=["bank transfer 2026-01-31 no. 7"])


class BalanceView(BaseModel):
    """A wallet: what is posted, how much of it is held for running requests, and what is left to spend."""

    posted: MoneyView
    held: MoneyView
    available: MoneyView

    @classmethod
    def of(cls, balance: Balance) -> "BalanceView":
        """Show a balance."""
        posted, held, available = (MoneyView.of(each) for each in (balance.posted, balance.held, balance.available))
        return cls(posted=posted, held=held, available=available)


class BalanceList(BaseModel):
    """An account's wallets, one for each currency in which it ever had credit."""

    items: list[BalanceView]
    next: str | None = None


class CreditAdded(BaseModel):
    """The booking; `new` is false when the same key had booked it before."""

    transaction: str
    new: bool
    balance: BalanceView

    @classmethod
    def of(cls, done: TopUp) -> "CreditAdded":
        """Show a booking."""
        return cls(transaction=done.txn, new=done.new, balance=BalanceView.of(done.balance))


class MovementView(BaseModel):
    """A booking other than usage, as it changed the balance."""

    transaction: str
    kind: str
    at: Moment
    amount: MoneyView

    @classmethod
    def of(cls, movement: Movement) -> "MovementView":
        """Show a movement."""
        amount = MoneyView.of(movement.amount)
        return cls(transaction=movement.txn, kind=movement.kind, at=movement.booked_at, amount=amount)


class LineView(BaseModel):
    """Use of one deployment at one price version."""

    deployment: str
    price: PriceView
    requests: int
    prompt_tokens: int
    completion_tokens: int


class UsageLineView(LineView):
    """What was used, and what it cost."""

    amount: MoneyView

    @classmethod
    def of(cls, line: UsageLine) -> "UsageLineView":
        """Show a line."""
        return cls(**_counts(line), amount=MoneyView.of(line.amount))


class SaleLineView(LineView):
    """What was sold, and how it was shared."""

    gross: MoneyView
    platform: MoneyView
    net: MoneyView

    @classmethod
    def of(cls, line: SaleLine) -> "SaleLineView":
        """Show a line."""
        gross, platform, net = (MoneyView.of(each) for each in (line.gross, line.platform, line.net))
        return cls(**_counts(line), gross=gross, platform=platform, net=net)


class WalletStatementView(BaseModel):
    """Prepaid credit over the period: opening + movements - used = closing."""

    opening: MoneyView
    movements: list[MovementView]
    usage: list[UsageLineView]
    used: MoneyView
    closing: MoneyView

    @classmethod
    def of(cls, part: WalletStatement) -> "WalletStatementView":
        """Show the part of a customer."""
        return cls(
            opening=MoneyView.of(part.opening),
            movements=[MovementView.of(movement) for movement in part.movements],
            usage=[UsageLineView.of(line) for line in part.usage],
            used=MoneyView.of(part.used),
            closing=MoneyView.of(part.closing),
        )


class SalesStatementView(BaseModel):
    """What is owed for sales over the period: opening + net + movements = closing."""

    opening: MoneyView
    sales: list[SaleLineView]
    movements: list[MovementView]
    gross: MoneyView
    platform: MoneyView
    net: MoneyView
    closing: MoneyView

    @classmethod
    def of(cls, part: SalesStatement) -> "SalesStatementView":
        """Show the part of a publisher."""
        return cls(
            opening=MoneyView.of(part.opening),
            sales=[SaleLineView.of(line) for line in part.sales],
            movements=[MovementView.of(movement) for movement in part.movements],
            gross=MoneyView.of(part.gross),
            platform=MoneyView.of(part.platform),
            net=MoneyView.of(part.net),
            closing=MoneyView.of(part.closing),
        )


class StatementView(BaseModel):
    """One account's statement of `[start, end)`, one part for each currency and side."""

    account: str
    start: Moment
    end: Moment
    drawn_at: Moment
    wallets: list[WalletStatementView]
    sales: list[SalesStatementView]
    free_requests: int

    @classmethod
    def of(cls, statement: Statement, name: str) -> "StatementView":
        """Show a statement of the account of this name."""
        return cls(
            account=name,
            start=statement.period.start,
            end=statement.period.end,
            drawn_at=statement.drawn_at,
            wallets=[WalletStatementView.of(part) for part in statement.wallets],
            sales=[SalesStatementView.of(part) for part in statement.sales],
            free_requests=statement.free_requests,
        )


def _counts(line: UsageLine | SaleLine) -> dict[str, object]:
    return {
        "deployment": line.product,
        "price": PriceView.of(line.price),
        "requests": line.requests,
        "prompt_tokens": line.prompt_tokens,
        "completion_tokens": line.completion_tokens,
    }
