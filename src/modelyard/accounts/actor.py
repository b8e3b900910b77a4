"""Who acts: the one value that every verb of every room is given."""

from dataclasses import dataclass

from modelyard.accounts.rules.scopes import EVERY_SCOPE, Scope
from modelyard.kernel import AccountId, TokenId


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, with the ceiling of what the presented credentials allow.

    `account` is None for a visitor and for the system. `admin` marks an administrator of the whole server, to whom
    every role is given, though never more scopes than the credentials have. `token` names the access token, if any.
    """

    account: AccountId | None
    name: str
    scopes: frozenset[Scope]
    admin: bool = False
    token: TokenId | None = None

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return a part of the system acting of its own accord, such as `cli` or `sweeper`; it may do everything."""
        return cls(account=None, name=name, scopes=EVERY_SCOPE, admin=True)


ANONYMOUS = Actor(account=None, name="", scopes=frozenset())
"""A visitor without credentials."""
