"""What billing refuses."""

from modelyard.kernel import N_, DomainError, Kind


class AmountNotPositive(DomainError):
    """Credit is more than nothing; `field` names the amount."""

    code = "amount_not_positive"
    kind = Kind.INVALID
    sentence = N_("Credit of {amount} {currency} cannot be added.")
    hint = N_("Enter an amount above zero; a mistaken credit is corrected by a reversal.")


class AmountTooHigh(DomainError):
    """Credit of one booking is limited; `field` names the amount, data: `amount`, `most`, `currency`."""

    code = "amount_too_high"
    kind = Kind.INVALID
    sentence = N_("Credit of {amount} {currency} is more than one booking may add.")
    hint = N_("Add at most {most} {currency} at once.")


class KeyMissing(DomainError):
    """A booking needs a key of 1 to 200 characters, so that repeating it books once; `field` names it."""

    code = "idempotency_key_missing"
    kind = Kind.INVALID
    sentence = N_("This booking needs a key of 1 to 200 characters.")
    hint = N_("Send a key of your own, such as the reference of the bank transfer, and repeat it when you try again.")


class StatementDoesNotAddUp(DomainError):
    """The books and the usage events disagree; data: `account`, `currency`. It is a bug or a damaged database."""

    code = "statement_does_not_add_up"
    kind = Kind.UNAVAILABLE
    sentence = N_("The statement of {account} in {currency} does not add up, so it is not shown.")
    hint = N_("Ask the operator to run the ledger verify command.")
