"""What can go wrong with people, names, secrets and rights.

not_found         AccountNotFound, MemberNotFound, InvitationNotFound, TokenNotFound, LinkNotValid
conflict          NameTaken, EmailTaken, AlreadyMember, LastOwner, TokenValueTaken, AdministratorExists
invalid           NameMalformed, NameReserved, FullNameTooLong, EmailMalformed, NotAUser, NotAnOrganization,
                  PasswordTooShort, PasswordTooLong, PasswordGuessable,
                  ForeignTokenMalformed, ScopesMissing, ExpiryOutOfRange
unauthenticated   InvalidToken, SignInRequired, SignInFailed
forbidden         Forbidden, OperatorsOnly, RoleTooHigh, TokenTooStrong, AccountSuspended
rate              TooManyAttempts
"""

from modelyard.kernel import N_, DomainError, Kind


class AccountNotFound(DomainError):
    """No user or organization answers to this name."""

    code = "account_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no user or organization called {name}.")
    hint = N_("Check the spelling of the name.")


class NotAUser(DomainError):
    """The name belongs to an organization where a person is needed."""

    code = "not_a_user"
    kind = Kind.INVALID
    sentence = N_("{name} is an organization, not a user.")
    hint = N_("Give the name of a user.")


class NotAnOrganization(DomainError):
    """The name belongs to a person where an organization is needed."""

    code = "not_an_organization"
    kind = Kind.INVALID
    sentence = N_("{name} is a user, not an organization.")
    hint = N_("Give the name of an organization.")


class NameMalformed(DomainError):
    """The name breaks the rule of repository ids, so no client could address it."""

    code = "name_malformed"
    kind = Kind.INVALID
    sentence = N_("{name} cannot be a name.")
    hint = N_(
        "Use 1 to 96 letters, digits, '-', '_' or '.'; no '-' or '.' at either end, no '--' or '..', "
        "and not '.git' at the end."
    )


class NameReserved(DomainError):
    """The name is a word of our own addresses."""

    code = "name_reserved"
    kind = Kind.INVALID
    sentence = N_("{name} is reserved.")
    hint = N_("Choose another name.")


class NameTaken(DomainError):
    """A user or an organization has the name, perhaps in other letters' case."""

    code = "name_taken"
    kind = Kind.CONFLICT
    sentence = N_("The name {name} is taken.")
    hint = N_("Choose another name; upper and lower case count as the same.")


class EmailMalformed(DomainError):
    """The text is not an email address."""

    code = "email_malformed"
    kind = Kind.INVALID
    sentence = N_("{email} is not an email address.")
    hint = N_("Write it as name@example.org.")


class EmailTaken(DomainError):
    """Another user has the email address."""

    code = "email_taken"
    kind = Kind.CONFLICT
    sentence = N_("Another user has this email address.")
    hint = N_("Use another address, or sign in as that user.")


class PasswordTooShort(DomainError):
    """The password has too few characters."""

    code = "password_too_short"
    kind = Kind.INVALID
    sentence = N_("The password is shorter than {least} characters.")
    hint = N_("Choose a longer one; a few unrelated words are good.")


class PasswordTooLong(DomainError):
    """The password has too many characters."""

    code = "password_too_long"
    kind = Kind.INVALID
    sentence = N_("The password is longer than {most} characters.")
    hint = N_("Choose a shorter one.")


class PasswordGuessable(DomainError):
    """The password is little more than the user's name or one repeated character."""

    code = "password_guessable"
    kind = Kind.INVALID
    sentence = N_("The password is too easy to guess.")
    hint = N_("Choose one that is not your name and not one character repeated.")


class SignInFailed(DomainError):
    """Name and password do not belong together; which of them is wrong is not told."""

    code = "sign_in_failed"
    kind = Kind.UNAUTHENTICATED
    sentence = N_("The name or the password is wrong.")
    hint = N_("Try again, or ask the operator for a reset link.")


class TooManyAttempts(DomainError):
    """Too many guesses for one name or from one address; `retry_after` seconds until the next one is heard."""

    code = "too_many_attempts"
    kind = Kind.RATE
    sentence = N_("Too many attempts to sign in.")
    hint = N_("Wait {retry_after} seconds and try again.")


class SignInRequired(DomainError):
    """The act needs a known user, and nobody is signed in."""

    code = "sign_in_required"
    kind = Kind.UNAUTHENTICATED
    sentence = N_("You are not signed in.")
    hint = N_("Sign in, or send an access token in the Authorization header.")


class InvalidToken(DomainError):
    """The presented credentials are unknown, revoked or expired; which of them is not told.

    The sentence is the one by which huggingface_hub tells a bad token from a missing repository.
    """

    code = "invalid_token"
    kind = Kind.UNAUTHENTICATED
    sentence = N_("Invalid credentials in Authorization header")
    hint = N_("Create a new access token in your settings and use that one.")


class AccountSuspended(DomainError):
    """An operator suspended the user."""

    code = "account_suspended"
    kind = Kind.FORBIDDEN
    sentence = N_("The account {name} is suspended.")
    hint = N_("Ask the operator of this server.")


class Forbidden(DomainError):
    """The actor lacks the role or the token lacks the scope for the act."""

    code = "forbidden"
    kind = Kind.FORBIDDEN
    sentence = N_("This needs the role {role}, or a token of wider scope.")
    hint = N_("Ask an owner for the role, or use a token with the right scope.")


class OperatorsOnly(DomainError):
    """The act is for the administrators of the whole server."""

    code = "operators_only"
    kind = Kind.FORBIDDEN
    sentence = N_("Only an administrator of this server may do this.")
    hint = N_("Ask an administrator.")


class RoleTooHigh(DomainError):
    """The actor may not give, change or take away a role of this rank."""

    code = "role_too_high"
    kind = Kind.FORBIDDEN
    sentence = N_("Your own role does not let you change the role {role}.")
    hint = N_("Ask an owner of the organization.")


class LastOwner(DomainError):
    """The change would leave the organization without an owner."""

    code = "last_owner"
    kind = Kind.CONFLICT
    sentence = N_("{name} is the last owner of {organization}.")
    hint = N_("Make someone else an owner first.")


class MemberNotFound(DomainError):
    """The user is not a member of the organization."""

    code = "member_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("{name} is not a member of {organization}.")
    hint = N_("Invite the user first.")


class AlreadyMember(DomainError):
    """The user is a member already."""

    code = "already_member"
    kind = Kind.CONFLICT
    sentence = N_("{name} is a member of {organization} already.")
    hint = N_("Change the member's role instead.")


class InvitationNotFound(DomainError):
    """The invitation is unknown, used, revoked, expired, or meant for someone else; which of them is not told."""

    code = "invitation_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("This invitation is not valid any more, or is not for you.")
    hint = N_("Ask for a new invitation.")


class LinkNotValid(DomainError):
    """The one-time link is unknown, used or expired."""

    code = "link_not_valid"
    kind = Kind.NOT_FOUND
    sentence = N_("This link is not valid any more.")
    hint = N_("Ask the operator for a new one.")


class AdministratorExists(DomainError):
    """The first administrator was created already."""

    code = "administrator_exists"
    kind = Kind.CONFLICT
    sentence = N_("This server has its first user already.")
    hint = N_("Sign in instead.")


class TokenNotFound(DomainError):
    """No such token among those that the actor may see."""

    code = "token_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no such token.")
    hint = N_("List the tokens to see which exist.")


class TokenValueTaken(DomainError):
    """The value is a token here already, perhaps a revoked one, perhaps another user's."""

    code = "token_value_taken"
    kind = Kind.CONFLICT
    sentence = N_("This value is a token here already.")
    hint = N_("Nothing was changed; use another value if you need another token.")


class TokenTooStrong(DomainError):
    """A token may not make one that can do more, or lives longer, than itself."""

    code = "token_too_strong"
    kind = Kind.FORBIDDEN
    sentence = N_("A token cannot make a token with more scopes or a longer life than its own.")
    hint = N_("Ask for less, or create the token in your settings.")


class ForeignTokenMalformed(DomainError):
    """A value brought from elsewhere is too short, too long or holds odd characters."""

    code = "foreign_token_malformed"
    kind = Kind.INVALID
    sentence = N_("This value cannot be a token.")
    hint = N_("A token has {least} to {most} visible characters, without spaces and without ':'.")


class ScopesMissing(DomainError):
    """A token without a scope would be good for nothing."""

    code = "scopes_missing"
    kind = Kind.INVALID
    sentence = N_("A token needs at least one scope.")
    hint = N_("Choose read, write or inference.")


class ExpiryOutOfRange(DomainError):
    """The token's life is not between one day and ten years."""

    code = "expiry_out_of_range"
    kind = Kind.INVALID
    sentence = N_("A token lives between 1 and {most} days, or without end.")
    hint = N_("Give a number of days in that range, or none.")


class FullNameTooLong(DomainError):
    """The full name does not fit."""

    code = "full_name_too_long"
    kind = Kind.INVALID
    sentence = N_("The full name is longer than {most} characters.")
    hint = N_("Choose a shorter one.")
