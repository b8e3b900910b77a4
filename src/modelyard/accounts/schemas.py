"""Shapes of /api/v1 for people, organizations, invitations, tokens and the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.values import Account, AuditEntry, Invitation, Member, Token, User
from modelyard.kernel.errors import Datum

T = TypeVar("T")


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_rfc3339, return_type=str)]


class Listing(BaseModel, Generic[T]):
    """One page of a list; `next` is the cursor of the next page, null on the last."""

    items: Sequence[T]
    next: str | None = None


class AccountView(BaseModel):
    """A user or an organization, as anybody may see it."""

    id: str
    kind: Literal["user", "organization"]
    name: str
    full_name: str
    created_at: Moment

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        """Show an account."""
        return cls(
            id=account.id,
            kind=account.kind.value,
            name=account.name,
            full_name=account.full_name,
            created_at=account.created_at,
        )


class UserView(AccountView):
    """A person, as the person and the administrators see it."""

    email: str | None
    admin: bool
    suspended_at: Moment | None

    @classmethod
    def of_user(cls, user: User) -> "UserView":
        """Show a person."""
        account = user.account
        return cls(
            id=account.id,
            kind=account.kind.value,
            name=account.name,
            full_name=account.full_name,
            created_at=account.created_at,
            email=user.email,
            admin=user.admin,
            suspended_at=user.suspended_at,
        )


class MemberView(BaseModel):
    """A name and a role: a member of an organization, or an organization of a user."""

    name: str
    full_name: str
    role: Role
    since: Moment

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """Show a membership."""
        account = member.account
        return cls(name=account.name, full_name=account.full_name, role=member.role, since=member.since)


class OrganizationView(AccountView):
    """An organization with its members."""

    members: list[MemberView]

    @classmethod
    def with_members(cls, organization: Account, members: Sequence[Member]) -> "OrganizationView":
        """Show an organization."""
        return cls(
            id=organization.id,
            kind=organization.kind.value,
            name=organization.name,
            full_name=organization.full_name,
            created_at=organization.created_at,
            members=[MemberView.of(each) for each in members],
        )


class WhoAmI(BaseModel):
    """Who sent the request, and what the credentials reach."""

    name: str
    full_name: str
    admin: bool
    scopes: list[Scope]
    organizations: list[MemberView]


class TokenView(BaseModel):
    """A token without its secret; `preview` is its first and last characters."""

    id: str
    name: str
    preview: str
    scopes: list[Scope]
    created_at: Moment
    expires_at: Moment | None
    last_used: date | None

    @classmethod
    def of(cls, token: Token) -> "TokenView":
        """Show a token."""
        return cls(
            id=token.id,
            name=token.name,
            preview=f"{token.preview.prefix}...{token.preview.last}",
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used=token.last_used,
        )


class NewTokenView(TokenView):
    """A token with its secret, which is shown this once."""

    secret: str


class InvitationView(BaseModel):
    """An open invitation."""

    id: str
    organization: str
    role: Role
    name: str | None
    email: str | None
    invited_by: str
    created_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        """Show an invitation."""
        return cls(
            id=invitation.id,
            organization=invitation.organization.name,
            role=invitation.role,
            name=invitation.invitee.name if invitation.invitee else None,
            email=invitation.email,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class NewInvitationView(InvitationView):
    """An invitation with its link, which is shown this once."""

    link: str


class AuditView(BaseModel):
    """One line of the audit trail."""

    seq: int
    at: Moment
    actor: str
    token: str | None
    act: str
    subject: str
    data: Mapping[str, Datum]
    request_id: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditView":
        """Show a line."""
        return cls(
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor_name,
            token=entry.token_id,
            act=entry.act,
            subject=entry.subject,
            data=entry.data,
            request_id=entry.request_id,
        )


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreateUser(_Body):
    """A person to be created; without a password the person needs a reset link."""

    name: str
    full_name: str = ""
    email: str | None = None
    admin: bool = False
    password: str | None = None


class CreateOrganization(_Body):
    """An organization to be founded."""

    name: str
    full_name: str = ""


class Rename(_Body):
    """A new full name."""

    full_name: str


class ChangeProfile(Rename):
    """A person's new full name and email address."""

    email: str | None = None


class ChangeRole(_Body):
    """A member's new role."""

    role: Role


class CreateInvitation(_Body):
    """An invitation of a named user, or of whoever gets the link at an email address."""

    role: Role
    name: str | None = None
    email: str | None = None


class CreateToken(_Body):
    """A token to be created; without `expires_days` it lives without end."""

    name: str = ""
    scopes: list[Scope]
    expires_days: int | None = Field(default=None, description="Days to live, 1 to 3650.")


class ResetLink(BaseModel):
    """A link by which a person chooses a new password, once and within a day."""

    link: str
