"""The counter between serving and billing: may this caller spend, and what was used?

A hold sets aside the most that a request can cost before any work is done; one settlement turns it into a usage
event and a ledger transaction, never for more than was held; a void gives it back. Both are durable before they are
acknowledged. The room refuses to resolve a hold twice, to admit on a stale snapshot, and to lose an open hold.
"""

from modelyard.metering.checks import CHECKS
from modelyard.metering.counter import Counter
from modelyard.metering.errors import (
    CreditExhausted,
    HoldElsewhere,
    HoldNotFound,
    HoldResolved,
    NoWallet,
    ReceiptNotFound,
    RequestConflict,
    StaleEpoch,
    UsageConflict,
)
from modelyard.metering.gauges import Books, watch
from modelyard.metering.keeper import Keeper, Swept
from modelyard.metering.periods import month_of, period_of
from modelyard.metering.service import events, receipt, sales, spending
from modelyard.metering.usage import Amounts, Dimension, Total, UsageEvent, Wanted
from modelyard.metering.values import (
    GATEWAY,
    Ask,
    Charge,
    Hold,
    HoldState,
    ProcessId,
    Receipt,
    RequestId,
    Usage,
)

__all__ = [
    "CHECKS",
    "GATEWAY",
    "Amounts",
    "Ask",
    "Books",
    "Charge",
    "Counter",
    "CreditExhausted",
    "Dimension",
    "Hold",
    "HoldElsewhere",
    "HoldNotFound",
    "HoldResolved",
    "HoldState",
    "Keeper",
    "NoWallet",
    "ProcessId",
    "Receipt",
    "ReceiptNotFound",
    "RequestConflict",
    "RequestId",
    "StaleEpoch",
    "Swept",
    "Total",
    "Usage",
    "UsageConflict",
    "UsageEvent",
    "Wanted",
    "events",
    "month_of",
    "period_of",
    "receipt",
    "sales",
    "spending",
    "watch",
]
