"""People and organizations, what they may do, and how they prove who they are.

Every other room asks here first. An `Actor` is who acts and how far the credentials reach; `require` stops an act that
the actor has no role for; `record` writes the act down in the transaction that does it. Secrets are shown once and kept
as hashes: passwords as argon2id, tokens, sessions and links as sha256 of random text.

    actor = accounts.authenticate_token(session, secret, clock)      # or http.Authenticator, for requests
    accounts.require(session, actor, repo.owner, Role.WRITE)
    accounts.record(session, actor=actor, act="repo.created", subject=repo.id, clock=clock)

It refuses to guess: there is no default password, no public sign-up, and no error that tells strangers who exists here.
Faces are `accounts.http` (credentials of requests), `accounts.routes` (/api/v1) and `accounts.pages`.
"""

from modelyard.accounts.actor import ANONYMOUS, Actor
from modelyard.accounts.errors import (
    AccountNotFound,
    Forbidden,
    InvalidToken,
    OperatorsOnly,
    SignInRequired,
)
from modelyard.accounts.events import InvitationCreated
from modelyard.accounts.passwords import PasswordHash, Passwords
from modelyard.accounts.rules.names import NameVerdict
from modelyard.accounts.rules.names import judge as judge_name
from modelyard.accounts.rules.names import well_formed as name_well_formed
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import EVERY_SCOPE, Scope, as_hub_clients_mean
from modelyard.accounts.service.audit import Subject, audit_page, record
from modelyard.accounts.service.authentication import (
    SessionGrant,
    TokenGrant,
    actor_by_token_hash,
    authenticate_token,
    grant_by_session,
    grant_by_token_hash,
    mark_token_used,
    renewal,
    used_today,
)
from modelyard.accounts.service.housekeeping import sweep
from modelyard.accounts.service.invitations import (
    NewInvitation,
    Offer,
    accept_invitation,
    decline_invitation,
    find_invitation,
    invite,
    my_invitations,
    open_invitations,
    renew_link,
    revoke_invitation,
)
from modelyard.accounts.service.links import (
    change_password,
    create_first_administrator,
    first_admin_link,
    first_admin_open,
    open_reset,
    password_hash_of,
    reset_link,
    reset_password,
)
from modelyard.accounts.service.organizations import (
    change_role,
    create_organization,
    create_organization_for,
    find_organization,
    members,
    memberships,
    rename_organization,
)
from modelyard.accounts.service.people import (
    NewUser,
    account_by_id,
    accounts_by_id,
    create_user,
    find_account,
    find_user,
    list_users,
    restore_user,
    suspend_user,
    the_user,
    update_profile,
)
from modelyard.accounts.service.rights import allow, require, require_admin, require_user, role_of
from modelyard.accounts.service.sessions import (
    NewSession,
    end_all_sessions,
    end_session,
    list_sessions,
    start_session,
)
from modelyard.accounts.service.sign_in import Challenge, admit, admit_guess, welcome
from modelyard.accounts.service.tokens import (
    NewToken,
    TokenWish,
    create_token,
    find_token,
    list_tokens,
    revoke_token,
)
from modelyard.accounts.values import (
    Account,
    AccountKind,
    AuditEntry,
    Browser,
    Invitation,
    InvitationId,
    Member,
    SessionId,
    Shown,
    Token,
    User,
    WebSession,
)

__all__ = [
    "ANONYMOUS",
    "EVERY_SCOPE",
    "Account",
    "AccountKind",
    "AccountNotFound",
    "Actor",
    "AuditEntry",
    "Browser",
    "Challenge",
    "Forbidden",
    "InvalidToken",
    "Invitation",
    "InvitationCreated",
    "InvitationId",
    "Member",
    "NameVerdict",
    "NewInvitation",
    "NewSession",
    "NewToken",
    "NewUser",
    "Offer",
    "OperatorsOnly",
    "PasswordHash",
    "Passwords",
    "Role",
    "Scope",
    "SessionGrant",
    "SessionId",
    "Shown",
    "SignInRequired",
    "Subject",
    "Token",
    "TokenGrant",
    "TokenWish",
    "User",
    "WebSession",
    "accept_invitation",
    "account_by_id",
    "accounts_by_id",
    "actor_by_token_hash",
    "admit",
    "admit_guess",
    "allow",
    "as_hub_clients_mean",
    "audit_page",
    "authenticate_token",
    "change_password",
    "change_role",
    "create_first_administrator",
    "create_organization",
    "create_organization_for",
    "create_token",
    "create_user",
    "decline_invitation",
    "end_all_sessions",
    "end_session",
    "find_account",
    "find_invitation",
    "find_organization",
    "find_token",
    "find_user",
    "first_admin_link",
    "first_admin_open",
    "grant_by_session",
    "grant_by_token_hash",
    "invite",
    "judge_name",
    "list_sessions",
    "list_tokens",
    "list_users",
    "mark_token_used",
    "members",
    "memberships",
    "my_invitations",
    "name_well_formed",
    "open_invitations",
    "open_reset",
    "password_hash_of",
    "record",
    "rename_organization",
    "renew_link",
    "renewal",
    "require",
    "require_admin",
    "require_user",
    "reset_link",
    "reset_password",
    "restore_user",
    "revoke_invitation",
    "revoke_token",
    "role_of",
    "start_session",
    "suspend_user",
    "sweep",
    "the_user",
    "update_profile",
    "used_today",
    "welcome",
]
