"""Why a price is refused."""

from modelyard.kernel import N_, DomainError, Kind


class PriceTooFine(DomainError):
    """One token would cost a fraction of an atom; `field` names the price, data: `amount`, `currency`, `tokens`."""

    code = "price_too_fine"
    kind = Kind.INVALID
    sentence = N_("{amount} {currency} for {tokens} tokens is finer than the smallest amount that one token can cost.")
    hint = N_("The smallest step is {step} {currency} for one token; choose a multiple of it.")


class PriceTooHigh(DomainError):
    """A token would cost more than can be multiplied safely; `field` names the price."""

    code = "price_too_high"
    kind = Kind.INVALID
    sentence = N_("{amount} {currency} is more than one token may cost.")
    hint = N_("Check the number of tokens that the price is for.")


class PriceNotValid(DomainError):
    """The price cannot be read; `field` names what is wrong and `reason` says why, in English."""

    code = "price_not_valid"
    kind = Kind.INVALID
    sentence = N_("This price is not valid: {reason}")
    hint = N_("Write an amount such as 0.005, not negative, and a currency such as CNY.")


class PriceInThePast(DomainError):
    """A price may start now or later, never earlier: what was sold stays sold as it was."""

    code = "price_in_the_past"
    kind = Kind.INVALID
    sentence = N_("A price cannot take effect in the past.")
    hint = N_("Leave the start empty to let it take effect now.")


class ProductNotFound(DomainError):
    """Nothing that is sold has this id, or the asker may not see it."""

    code = "product_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("Nothing is sold under {product}.")
    hint = N_("Check the id of the deployment.")
