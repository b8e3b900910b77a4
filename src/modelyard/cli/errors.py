"""Failures at the terminal: a sentence, a hint, and an exit code that scripts can tell apart."""

import json
from collections.abc import Mapping

from modelyard.cli.refusal import Refusal
from modelyard.infra import Catalogs
from modelyard.infra.terminal import terminal_locale
from modelyard.kernel import N_, DomainError, Kind

EXIT_CODES: Mapping[Kind, int] = {
    Kind.INVALID: 2,  # the same as for an option that does not exist: the command was called wrongly
    Kind.NOT_FOUND: 3,
    Kind.CONFLICT: 4,
    Kind.FORBIDDEN: 5,
    Kind.UNAUTHENTICATED: 6,
    Kind.PAYMENT_REQUIRED: 7,
    Kind.QUOTA: 8,
    Kind.RATE: 9,
    Kind.UNAVAILABLE: 10,
    Kind.LEGAL: 11,
}
BROKEN = 1
INTERRUPTED = 130


class ServerUnreachable(DomainError):
    """Nothing listens at the address."""

    code = "server_unreachable"
    kind = Kind.UNAVAILABLE
    sentence = N_("No server answers at {endpoint}.")
    hint = N_("Start one with `modelyard up`, or name another with --endpoint or MODELYARD_ENDPOINT.")


class ServerSilent(DomainError):
    """The server took the request, and the answer did not come; `reason` is in English."""

    code = "server_silent"
    kind = Kind.UNAVAILABLE
    sentence = N_("The server at {endpoint} gave no answer: {reason}")
    hint = N_("What you asked for may have happened nonetheless: look before you ask again.")


class NotModelyard(DomainError):
    """Something answers, and not in our words: a proxy, or another service."""

    code = "not_modelyard"
    kind = Kind.UNAVAILABLE
    sentence = N_("What answers at {endpoint} is not Modelyard (status {status}).")
    hint = N_("Check the address; if a proxy stands before the server, look at its log.")


class TokenNeeded(DomainError):
    """The server wants to know who asks, and no token was given."""

    code = "token_needed"
    kind = Kind.UNAUTHENTICATED
    sentence = N_("The server wants to know who asks.")
    hint = N_("Put an access token into MODELYARD_TOKEN, or into standard input with --token-stdin.")


class DeploymentDidNotStart(DomainError):
    """A deployment failed while the command waited for it; `reason` and `advice` are the server's own words."""

    code = "deployment_did_not_start"
    kind = Kind.UNAVAILABLE
    sentence = N_("{model} did not start ({stage}): {reason}")
    hint = N_("{advice} `modelyard deployments log {deployment}` shows what the engine said.")


class DeploymentStopped(DomainError):
    """A deployment was stopped or deleted by somebody while the command waited for it."""

    code = "deployment_stopped"
    kind = Kind.CONFLICT
    sentence = N_("{model} was stopped before it was ready.")
    hint = N_("`modelyard deployments start {deployment} --wait` starts it again.")


def describe(error: DomainError | Refusal, *, as_json: bool) -> str:
    """Return what to print to standard error: two lines for people, or one JSON document for programs."""
    sentence, hint = (error.sentence, error.hint) if isinstance(error, Refusal) else _translated(error)
    if not as_json:
        return f"{sentence}\n{hint}"
    data = dict(error.data)
    body = {"code": error.code, "sentence": sentence, "hint": hint, "field": error.field, "data": data}
    return json.dumps({"error": body}, ensure_ascii=False)


def exit_code(error: DomainError | Refusal) -> int:
    """Return the code with which the process leaves."""
    return EXIT_CODES[error.kind] if error.kind else BROKEN


def _translated(error: DomainError) -> tuple[str, str]:
    catalogs, locale = Catalogs.load(), terminal_locale()
    return catalogs.sentence(locale, error), catalogs.hint(locale, error)
