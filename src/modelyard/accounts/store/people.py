"""Accounts and users: the shared namespace."""

from datetime import datetime

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from modelyard.accounts.models import AccountRow, UserRow
from modelyard.accounts.rules import names
from modelyard.accounts.rules.text import storable
from modelyard.accounts.values import Account, AccountKind, User
from modelyard.kernel import AccountId, Page, is_id


def to_account(row: AccountRow) -> Account:
    """Turn a row into the value that others may see."""
    return Account(AccountId(row.id), AccountKind(row.kind), row.name, row.full_name, row.created_at)


def to_user(account: AccountRow, user: UserRow) -> User:
    """Turn the two rows of a person into the value."""
    return User(to_account(account), user.email, user.admin, user.password_hash is not None, user.suspended_at)


def add(session: Session, account: Account) -> None:
    """Take a name; the caller has looked that it is free, and the unique index has the last word."""
    session.add(
        AccountRow(
            id=account.id,
            kind=account.kind,
            name=account.name,
            name_key=names.key(account.name),
            full_name=account.full_name,
            created_at=account.created_at,
        )
    )
    session.flush()  # the rows that point at it follow in the same transaction


def add_user(session: Session, user: User, *, password_hash: str | None) -> None:
    """Add a person: the name and what belongs to it."""
    add(session, user.account)
    session.add(
        UserRow(
            account_id=user.account.id,
            email=user.email,
            email_key=user.email and user.email.lower(),
            admin=user.admin,
            password_hash=password_hash,
        )
    )
    session.flush()  # a taken email address must show here, where it can be named


def by_name(session: Session, name: str) -> Account | None:
    """Return who has the name, whatever its case."""
    if not names.well_formed(name):
        return None
    row = session.scalars(select(AccountRow).where(AccountRow.name_key == names.key(name))).one_or_none()
    return to_account(row) if row else None


def by_id(session: Session, account: AccountId) -> Account | None:
    """Return the account of an id."""
    row = session.get(AccountRow, account) if is_id(account, "acc") else None
    return to_account(row) if row else None


def by_ids(session: Session, accounts: set[AccountId]) -> dict[AccountId, Account]:
    """Return the accounts of several ids at once; unknown ids are left out."""
    rows = session.scalars(select(AccountRow).where(AccountRow.id.in_(accounts)))
    return {AccountId(row.id): to_account(row) for row in rows}


def _users() -> Select[AccountRow, UserRow]:
    return select(AccountRow, UserRow).join(UserRow, UserRow.account_id == AccountRow.id)


def user(session: Session, account: AccountId) -> User | None:
    """Return the person of an id."""
    row = session.execute(_users().where(AccountRow.id == account)).one_or_none()
    return to_user(row[0], row[1]) if row else None


def users(session: Session, *, after: str, limit: int) -> Page[User]:
    """List people by name; the cursor is the last name of the page."""
    query = (
        _users().where(AccountRow.name_key > names.key(storable(after))).order_by(AccountRow.name_key).limit(limit + 1)
    )
    found = [to_user(account, user) for account, user in session.execute(query)]
    return Page(found[:limit], found[limit - 1].account.name if len(found) > limit else None)


def any_user(session: Session) -> bool:
    """Tell whether anybody was ever created."""
    return bool(session.scalar(select(exists().where(UserRow.account_id.is_not(None)))))


def email_taken(session: Session, email: str) -> bool:
    """Tell whether a user has the address, whatever its case."""
    return bool(session.scalar(select(exists().where(UserRow.email_key == email.lower()))))


def credentials(session: Session, name_or_email: str) -> tuple[AccountId, str | None] | None:
    """Return id and password hash of whoever signs in under a name or an email address."""
    column = UserRow.email_key if "@" in name_or_email else AccountRow.name_key
    row = session.execute(_users().where(column == storable(name_or_email).lower())).one_or_none()
    return (AccountId(row[0].id), row[1].password_hash) if row else None


def password_hash(session: Session, account: AccountId) -> str | None:
    """Return the stored hash as it is now, and keep others from replacing it until this transaction ends."""
    return session.scalar(select(UserRow.password_hash).where(UserRow.account_id == account).with_for_update())


def set_password(session: Session, account: AccountId, password_hash: str) -> None:
    """Replace the password's hash."""
    session.execute(update(UserRow).where(UserRow.account_id == account).values(password_hash=password_hash))


def set_suspended(session: Session, account: AccountId, at: datetime | None) -> None:
    """Suspend a user, or with None take it back."""
    session.execute(update(UserRow).where(UserRow.account_id == account).values(suspended_at=at))


def set_profile(session: Session, account: AccountId, *, full_name: str, email: str | None) -> None:
    """Replace the full name and the email address of a user."""
    session.execute(update(AccountRow).where(AccountRow.id == account).values(full_name=full_name))
    key = email and email.lower()
    session.execute(update(UserRow).where(UserRow.account_id == account).values(email=email, email_key=key))


def set_full_name(session: Session, account: AccountId, full_name: str) -> None:
    """Replace the full name of any account."""
    session.execute(update(AccountRow).where(AccountRow.id == account).values(full_name=full_name))
