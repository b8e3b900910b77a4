"""What the verbs of the room return: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.rules.tokens import Preview
from modelyard.kernel import AccountId, TokenId
from modelyard.kernel.errors import Datum

SessionId = NewType("SessionId", str)
InvitationId = NewType("InvitationId", str)


class AccountKind(StrEnum):
    """What a name of the shared namespace stands for."""

    USER = "user"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Account:
    """A user or an organization, as anybody may see it; `full_name` is never empty."""

    id: AccountId
    kind: AccountKind
    name: str
    full_name: str
    created_at: datetime

    @property
    def is_user(self) -> bool:
        """Tell whether this is a person."""
        return self.kind is AccountKind.USER


@dataclass(frozen=True, slots=True)
class User:
    """A person with what only the person and the operators may see."""

    account: Account
    email: str | None
    admin: bool
    has_password: bool
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user's place in an organization; which of the two `account` is, the verb says."""

    account: Account
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open offer of a role; without `invitee` whoever holds the link may take it."""

    id: InvitationId
    organization: Account
    role: Role
    invitee: Account | None
    email: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """An access token without its secret; times are instants, `last_used` is a day in UTC."""

    id: TokenId
    account: AccountId
    name: str
    preview: Preview
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used: date | None

    def usable(self, now: datetime) -> bool:
        """Tell whether the token opens anything at this instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Shown:
    """A secret in clear, for the one time that it is shown."""

    secret: str

    def __repr__(self) -> str:
        return "Shown(...)"  # so that no log line ever carries it


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from: the client's address and what the browser calls itself."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class WebSession:
    """A signed-in browser, without its secret."""

    id: SessionId
    account: AccountId
    browser: Browser
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail, as it was written."""

    seq: int
    at: datetime
    actor_id: AccountId | None
    actor_name: str
    token_id: TokenId | None
    act: str
    subject: str
    data: Mapping[str, Datum]
    request_id: str | None
