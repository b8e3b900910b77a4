"""What the books refuse."""

from modelyard.kernel import N_, DomainError, Kind


class KeyConflict(DomainError):
    """An idempotency key was used again for another transaction."""

    code = "idempotency_key_conflict"
    kind = Kind.CONFLICT
    sentence = N_("The key {key} was already used for another transaction.")
    hint = N_("Use a new key for a new transaction; repeat a key only to repeat the very same request.")


class InsufficientFunds(DomainError):
    """A wallet would fall below what it holds; data: `account`, `currency`."""

    code = "insufficient_funds"
    kind = Kind.CONFLICT
    sentence = N_("The credit of {account} in {currency} does not cover this transaction.")
    hint = N_("Wait until running requests are settled, or book a smaller amount.")


class WalletFull(DomainError):
    """A wallet would grow beyond what 64 bits can count; data: `account`, `currency`."""

    code = "wallet_full"
    kind = Kind.CONFLICT
    sentence = N_("The credit of {account} in {currency} cannot grow by so much.")
    hint = N_("Book a smaller amount.")


class TransactionNotFound(DomainError):
    """There is no ledger transaction with this id."""

    code = "ledger_transaction_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no ledger transaction {txn}.")
    hint = N_("Check the transaction id.")
