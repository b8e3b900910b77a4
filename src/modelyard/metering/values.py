"""The nouns of metering: what is asked for, what is held, what was used, what it came to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from modelyard.economics import Meter, Quantities
from modelyard.kernel import AccountId, DeploymentId, LedgerTxnId, Money, PriceId, TokenId
from modelyard.pricing import PriceVersion

RequestId = NewType("RequestId", str)
ProcessId = NewType("ProcessId", str)

GATEWAY = "gateway"
"""The source of usage events that answer a hold; an event's id is then its request's id."""


class HoldState(StrEnum):
    """A hold is open until exactly one of the others resolves it, for good."""

    OPEN = "open"
    SETTLED = "settled"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Usage:
    """Counted tokens. `estimated` says that they were not counted by the engine that produced them."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    def __post_init__(self) -> None:
        if self.prompt_tokens < 0 or self.completion_tokens < 0:
            msg = "a count of tokens is not negative"
            raise ValueError(msg)

    @property
    def quantities(self) -> Quantities:
        """The counts by meter, as rating takes them."""
        return {Meter.PROMPT_TOKENS: self.prompt_tokens, Meter.COMPLETION_TOKENS: self.completion_tokens}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that wants to spend: who pays, for what, at which price, and how much at most.

    `request` names the logical request for ever and in all accounts; whoever takes such a key from a client puts the
    client's account in front of it. `price` is None where nobody set one: such use is free and still metered. `bound`
    is the most that the request can use, and `epoch` that of the snapshot in which token, price and product were read.
    """

    request: RequestId
    account: AccountId
    seller: AccountId
    product: DeploymentId
    price: PriceVersion | None
    bound: Usage
    epoch: int
    token: TokenId | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for one request, durably; `amount` is None where no price was set."""

    ask: Ask
    amount: Money | None
    expires_at: datetime
    state: HoldState = HoldState.OPEN

    @property
    def request(self) -> RequestId:
        """The request that the hold is for; there is one hold for each."""
        return self.ask.request

    @property
    def atoms(self) -> int:
        """How much of the wallet is set aside."""
        return self.amount.atoms if self.amount else 0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a settled request came to, in one currency.

    charged + overrun = rated, seller + platform = charged <= held: what exceeds the hold nobody pays and nobody gets.
    """

    held: Money
    rated: Money
    charged: Money
    overrun: Money
    seller: Money
    platform: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one request; `charge`, `price` are None where no price was set, `txn` where nothing was due."""

    request: RequestId
    account: AccountId
    seller: AccountId
    product: DeploymentId
    token: TokenId | None
    price: PriceId | None
    usage: Usage
    charge: Charge | None
    txn: LedgerTxnId | None
    settled_at: datetime
