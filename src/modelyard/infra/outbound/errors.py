"""Why a call did not go out, or did not come back."""

from modelyard.kernel import N_, DomainError, Kind


class OutboundRefused(DomainError):
    """The call may not be made."""

    code = "outbound_refused"
    kind = Kind.INVALID
    sentence = N_("This server does not call {host}: {reason}.")
    hint = N_("Use a public http or https address, or ask the operator to allow the host (MODELYARD_OUTBOUND_ALLOW).")


class OutboundFailed(DomainError):
    """The other side did not answer as it should."""

    code = "outbound_failed"
    kind = Kind.UNAVAILABLE
    sentence = N_("The call to {host} failed: {reason}.")
    hint = N_("Check that the address is right and its server runs, then try again.")


class OutboundTooLarge(DomainError):
    """The answer is larger than this call accepts."""

    code = "outbound_too_large"
    kind = Kind.UNAVAILABLE
    sentence = N_("The answer of {host} is larger than {limit} bytes.")
    hint = N_("Check that the address is the right one.")
