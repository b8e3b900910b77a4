"""Public ids: a prefix that says what it names, then 26 sortable characters (`dep_01hv...`)."""

import re
from typing import NewType

AccountId = NewType("AccountId", str)
TokenId = NewType("TokenId", str)
RepoId = NewType("RepoId", str)
DeploymentId = NewType("DeploymentId", str)
PriceId = NewType("PriceId", str)
HoldId = NewType("HoldId", str)
UsageEventId = NewType("UsageEventId", str)
LedgerTxnId = NewType("LedgerTxnId", str)
JobId = NewType("JobId", str)

_SHAPE = re.compile(r"[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{26}\Z")


def is_id(text: str, prefix: str) -> bool:
    """Tell whether the text has the shape of an id with this prefix."""
    return text.startswith(prefix + "_") and _SHAPE.match(text) is not None
