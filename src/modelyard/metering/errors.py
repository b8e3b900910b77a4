"""What can go wrong between a request and its receipt."""

from modelyard.kernel import N_, DomainError, Kind


class StaleEpoch(DomainError):
    """Keys, roles, prices or deployments changed since the snapshot: reload it and ask again."""

    code = "stale_epoch"
    kind = Kind.CONFLICT
    sentence = N_("Prices or permissions have changed since this request was read.")
    hint = N_("Send the request again.")


class CreditExhausted(DomainError):
    """The wallet has less than the request may cost; data: `available`, `needed`, `currency`."""

    code = "credit_exhausted"
    kind = Kind.PAYMENT_REQUIRED
    sentence = N_("This request may cost up to {needed} {currency}, and {available} {currency} of credit is available.")
    hint = N_("Add credit, or ask for fewer tokens.")


class NoWallet(DomainError):
    """The account never had credit in the currency of the price; data: `account`, `needed`, `currency`."""

    code = "no_wallet"
    kind = Kind.PAYMENT_REQUIRED
    sentence = N_("This account has no credit in {currency}; this request may cost up to {needed} {currency}.")
    hint = N_("Add credit in this currency.")


class RequestConflict(DomainError):
    """A request id was used again for something else."""

    code = "request_conflict"
    kind = Kind.CONFLICT
    sentence = N_("Request {request} was already used for something else.")
    hint = N_("Use a new request id for a new request.")


class HoldResolved(DomainError):
    """A hold has its one resolution already; data: `request`, `state`."""

    code = "hold_resolved"
    kind = Kind.CONFLICT
    sentence = N_("Request {request} is already {state}.")
    hint = N_("Use a new request id for a new request.")


class HoldElsewhere(DomainError):
    """Another process of this server has the request open."""

    code = "hold_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_("Request {request} is being answered.")
    hint = N_("Wait for its answer, or use a new request id for a new request.")


class HoldNotFound(DomainError):
    """There is no hold for this request."""

    code = "hold_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no hold for request {request}.")
    hint = N_("Check the request id.")


class UsageConflict(DomainError):
    """Usage was reported again under the same id with other contents."""

    code = "usage_conflict"
    kind = Kind.CONFLICT
    sentence = N_("Usage {id} of {source} was already reported with other contents.")
    hint = N_("Report a correction under an id of its own.")


class ReceiptNotFound(DomainError):
    """No receipt under this request id that the asker may see."""

    code = "receipt_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no receipt for request {request}.")
    hint = N_("Check the request id; a receipt appears when the request is settled.")
