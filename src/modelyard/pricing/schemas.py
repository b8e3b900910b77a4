"""Shapes of /api/v1 for money and prices."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from modelyard.economics import Meter
from modelyard.kernel import InvalidInput, Money, MoneyFormatError, currency
from modelyard.pricing.rules import Terms, atoms_of, token_price
from modelyard.pricing.versions import PriceVersion

_SHOWN_PER = 1000


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_rfc3339, return_type=str)]


class MoneyView(BaseModel):
    """An amount of money: an exact decimal as text, never a binary fraction, and an ISO 4217 code."""

    model_config = ConfigDict(extra="forbid")

    amount: str = Field(max_length=40, examples=["0.005"])
    currency: str = Field(max_length=3, examples=["CNY"])

    @classmethod
    def of(cls, money: Money) -> "MoneyView":
        """Show an amount."""
        return cls(amount=str(money), currency=money.currency.code)

    def read(self, field: str) -> Money:
        """Return the amount; raises InvalidInput for the field of this name."""
        try:
            return Money.parse(self.amount, currency(self.currency))
        except MoneyFormatError as error:
            raise InvalidInput(field=field, name=field, reason=str(error)) from error


class SetPrice(BaseModel):
    """A price for a number of tokens; it takes effect now unless a later instant is given."""

    model_config = ConfigDict(extra="forbid")

    prompt: MoneyView = Field(description="What `per_tokens` tokens of the prompt cost.")
    completion: MoneyView = Field(description="What `per_tokens` tokens of the answer cost.")
    per_tokens: int = Field(_SHOWN_PER, ge=1, le=1_000_000_000)
    effective_from: AwareDatetime | None = None

    def terms(self, platform_share_bp: int) -> Terms:
        """Return what is asked for, with the platform's share."""
        prompt, completion = self.prompt.read("prompt"), self.completion.read("completion")
        return Terms(token_price(prompt, completion, per=self.per_tokens), platform_share_bp, self.effective_from)


class PriceView(BaseModel):
    """One version of a price, for `per_tokens` tokens."""

    id: str
    number: int
    deployment: str
    prompt: MoneyView
    completion: MoneyView
    per_tokens: int = _SHOWN_PER
    platform_share_bp: int
    effective_from: Moment

    @classmethod
    def of(cls, version: PriceVersion) -> "PriceView":
        """Show a version."""
        prompt, completion = per_thousand(version)
        return cls(
            id=version.id,
            number=version.number,
            deployment=version.product,
            prompt=MoneyView.of(prompt),
            completion=MoneyView.of(completion),
            platform_share_bp=version.platform_share_bp,
            effective_from=version.effective_from,
        )


class CurrentPrice(BaseModel):
    """The price in force; null while nobody has set one, and then use is free."""

    deployment: str
    price: PriceView | None


class PriceHistory(BaseModel):
    """Every version of a price, the newest first."""

    items: list[PriceView]
    next: str | None = None


def per_thousand(version: PriceVersion) -> tuple[Money, Money]:
    """Return what 1,000 tokens of the prompt and 1,000 of the answer cost."""
    of = version.price.currency
    prompt, completion = (atoms_of(version.price, meter) for meter in (Meter.PROMPT_TOKENS, Meter.COMPLETION_TOKENS))
    return Money(prompt * _SHOWN_PER, of), Money(completion * _SHOWN_PER, of)
