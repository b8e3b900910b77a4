"""Shapes of /api/v1 for usage and receipts."""

from pydantic import BaseModel

from modelyard.metering.usage import Amounts, Dimension, Total, UsageEvent
from modelyard.metering.values import Receipt
from modelyard.pricing.schemas import Moment, MoneyView


class AmountsView(BaseModel):
    """Money of usage: what it was worth, what the customer paid, what the seller and the platform get of it."""

    rated: MoneyView
    charged: MoneyView
    seller: MoneyView
    platform: MoneyView

    @classmethod
    def of(cls, amounts: Amounts) -> "AmountsView":
        """Show amounts."""
        return cls(
            rated=MoneyView.of(amounts.rated),
            charged=MoneyView.of(amounts.charged),
            seller=MoneyView.of(amounts.seller),
            platform=MoneyView.of(amounts.platform),
        )


class EventView(BaseModel):
    """One request as it was counted; `amounts` is null where no price was set."""

    request: str
    deployment: str
    token: str | None
    price: str | None
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    amounts: AmountsView | None
    at: Moment

    @classmethod
    def of(cls, event: UsageEvent) -> "EventView":
        """Show an event."""
        return cls(
            request=event.id,
            deployment=event.product,
            token=event.token,
            price=event.price,
            prompt_tokens=event.usage.prompt_tokens,
            completion_tokens=event.usage.completion_tokens,
            estimated=event.usage.estimated,
            amounts=AmountsView.of(event.amounts) if event.amounts else None,
            at=event.occurred_at,
        )


class EventList(BaseModel):
    """A page of events, the newest first; `next` is the cursor of the next page, null on the last."""

    items: list[EventView]
    next: str | None = None


class TotalView(BaseModel):
    """Sums over requests that share `by`; totals never mix currencies."""

    by: dict[Dimension, str]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    amounts: AmountsView | None

    @classmethod
    def of(cls, total: Total) -> "TotalView":
        """Show a total."""
        return cls(
            by=dict(total.by),
            requests=total.requests,
            prompt_tokens=total.prompt_tokens,
            completion_tokens=total.completion_tokens,
            amounts=AmountsView.of(total.amounts) if total.amounts else None,
        )


class TotalList(BaseModel):
    """Totals of a period `[start, end)`."""

    start: Moment
    end: Moment
    items: list[TotalView]
    next: str | None = None


class ChargeView(BaseModel):
    """What a request came to: charged + overrun = rated, seller + platform = charged, at most held."""

    held: MoneyView
    rated: MoneyView
    charged: MoneyView
    overrun: MoneyView
    seller: MoneyView
    platform: MoneyView


class ReceiptView(BaseModel):
    """The outcome of one request; `charge` is null where no price was set, `transaction` where nothing was due."""

    request: str
    deployment: str
    price: str | None
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    charge: ChargeView | None
    transaction: str | None
    settled_at: Moment

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptView":
        """Show a receipt."""
        due = receipt.charge
        names = ("held", "rated", "charged", "overrun", "seller", "platform")
        return cls(
            request=receipt.request,
            deployment=receipt.product,
            price=receipt.price,
            prompt_tokens=receipt.usage.prompt_tokens,
            completion_tokens=receipt.usage.completion_tokens,
            estimated=receipt.usage.estimated,
            charge=ChargeView(**{name: MoneyView.of(getattr(due, name)) for name in names}) if due else None,
            transaction=receipt.txn,
            settled_at=receipt.settled_at,
        )
