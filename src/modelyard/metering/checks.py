"""What must be true of holds, usage and the ledger together, each as a query that finds where it is not."""

from datetime import timedelta

from modelyard.kernel import N_
from modelyard.ledger import Check
from modelyard.metering.keeper import BEAT

GRACE = 20 * BEAT
"""How long after its expiry a hold may stay open before that counts as a fault of the keeper."""
_GRACE_MICROS = GRACE // timedelta(microseconds=1)

_POSTED = (
    " FROM usage_event u LEFT JOIN ledger_txn t ON t.source = u.source AND t.key = u.id"
    " LEFT JOIN ledger_entry e ON e.txn = t.id LEFT JOIN ledger_account a ON a.id = e.account"
)
_BY_EVENT = " GROUP BY u.source, u.id, u.charged_atoms, u.platform_atoms HAVING "
_PAID = "coalesce(sum(CASE WHEN a.kind = 'customer_wallet' AND a.owner = u.account THEN e.amount_atoms ELSE 0 END), 0)"
_SOLD = "coalesce(-sum(CASE WHEN a.kind = 'seller_payable' AND a.owner = u.seller THEN e.amount_atoms ELSE 0 END), 0)"
_KEPT = "coalesce(-sum(CASE WHEN a.kind = 'platform_revenue' THEN e.amount_atoms ELSE 0 END), 0)"

CHECKS = (
    Check(
        "wallet_held",
        N_("Every wallet holds the sum of its open holds."),
        "SELECT wallet_key, sum(kept), sum(truth) FROM ("
        " SELECT account || ' ' || currency AS wallet_key, held_atoms AS kept, 0 AS truth FROM wallet UNION ALL"
        " SELECT account || ' ' || currency, 0, bound_atoms FROM hold WHERE state = 'open' AND bound_atoms > 0"
        ") AS sides GROUP BY wallet_key HAVING sum(kept) <> sum(truth)",
    ),
    Check(
        "settled_once",
        N_("Every settled hold has exactly one usage event."),
        "SELECT h.request, 0, 1 FROM hold h LEFT JOIN usage_event u ON u.source = 'gateway' AND u.id = h.request"
        " WHERE h.state = 'settled' AND u.id IS NULL",
    ),
    Check(
        "event_held",
        N_("Every usage event of the gateway settles a hold, for no more than was held."),
        "SELECT u.id, u.charged_atoms, h.bound_atoms FROM usage_event u LEFT JOIN hold h ON h.request = u.id"
        " WHERE u.source = 'gateway'"
        " AND (h.request IS NULL OR h.state <> 'settled' OR u.charged_atoms > h.bound_atoms)",
    ),
    Check(
        "event_rated",
        N_("Every usage event costs what its price version says."),
        "SELECT u.id, u.rated_atoms, u.prompt_tokens * p.prompt_atoms + u.completion_tokens * p.completion_atoms"
        " FROM usage_event u JOIN price_version p ON p.id = u.price"
        " WHERE u.rated_atoms <> u.prompt_tokens * p.prompt_atoms + u.completion_tokens * p.completion_atoms",
    ),
    Check(
        "customer_paid",
        N_("Every usage event takes what it charges from its customer's wallet."),
        f"SELECT u.id, {_PAID}, u.charged_atoms{_POSTED}{_BY_EVENT}{_PAID} <> u.charged_atoms",
    ),
    Check(
        "seller_paid",
        N_("Every sale is owed to its seller less the platform's share."),
        f"SELECT u.id, {_SOLD}, u.charged_atoms - u.platform_atoms{_POSTED}{_BY_EVENT}"
        f"{_SOLD} <> u.charged_atoms - u.platform_atoms",
    ),
    Check(
        "platform_paid",
        N_("Every sale earns the platform its share."),
        f"SELECT u.id, {_KEPT}, u.platform_atoms{_POSTED}{_BY_EVENT}{_KEPT} <> u.platform_atoms",
    ),
    Check(
        "posting_used",
        N_("Every usage transaction belongs to a usage event."),
        "SELECT t.id, t.source, t.key FROM ledger_txn t LEFT JOIN usage_event u ON u.source = t.source AND u.id = t.key"
        " WHERE t.kind = 'usage' AND u.id IS NULL",
    ),
    Check(
        "hold_resolved",
        N_("No hold stays open long after its time."),
        f"SELECT request, state, 'resolved' FROM hold WHERE state = 'open' AND expires_at + {_GRACE_MICROS} < ?",  # noqa: S608 - constants
        timed=True,
    ),
)
