"""What a token lets its bearer do, whoever the bearer is: the ceiling over the roles of its user."""

from collections.abc import Iterable
from enum import StrEnum

from modelyard.accounts.rules.roles import Role


class Scope(StrEnum):
    """One kind of use; a token carries one or more of them, a session carries all."""

    READ = "read"
    WRITE = "write"
    INFERENCE = "inference"


EVERY_SCOPE = frozenset(Scope)


def closure(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes with what they imply: who may write a repository may read it."""
    given = frozenset(scopes)
    return given | {Scope.READ} if Scope.WRITE in given else given


def as_hub_clients_mean(scope: Scope) -> frozenset[Scope]:
    """Return what a hub client expects of a token of this name: a write token does everything."""
    return EVERY_SCOPE if scope is Scope.WRITE else frozenset({scope})


def needed_for(role: Role) -> Scope:
    """Return the scope without which a role of this rank cannot be used."""
    return Scope.READ if role is Role.READ else Scope.WRITE
