"""Access tokens by hash."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from modelyard.accounts.models import AccountRow, TokenRow, UserRow
from modelyard.accounts.rules.scopes import Scope
from modelyard.accounts.rules.tokens import Preview
from modelyard.accounts.store.people import to_user
from modelyard.accounts.values import Token, User
from modelyard.kernel import AccountId, TokenId, is_id

_EPOCH = date(1970, 1, 1)
MARK_USED_SQL = (
    "UPDATE access_token SET last_used_day = ? WHERE id = ? AND (last_used_day IS NULL OR last_used_day < ?)"
)


def day_number(instant: datetime) -> int:
    """Return the days since 1970 of an instant, in UTC."""
    return (instant.astimezone(UTC).date() - _EPOCH).days


def _to_token(row: TokenRow) -> Token:
    return Token(
        id=TokenId(row.id),
        account=AccountId(row.account_id),
        name=row.name,
        preview=Preview(row.prefix, row.last),
        scopes=frozenset(Scope(word) for word in row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used=None if row.last_used_day is None else _EPOCH + timedelta(days=row.last_used_day),
    )


def add(session: Session, token: Token, *, secret_hash: str, parent: TokenId | None) -> None:
    """Add a token under its hash."""
    session.add(
        TokenRow(
            id=token.id,
            account_id=token.account,
            parent_id=parent,
            name=token.name,
            secret_hash=secret_hash,
            prefix=token.preview.prefix,
            last=token.preview.last,
            scopes=" ".join(sorted(token.scopes)),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )
    session.flush()  # a child may follow in the same transaction


def hash_known(session: Session, secret_hash: str) -> bool:
    """Tell whether the value is or was a token here."""
    return bool(session.scalar(select(exists().where(TokenRow.secret_hash == secret_hash))))


def bearer(session: Session, secret_hash: str) -> tuple[Token, User] | None:
    """Return the token of a hash with the user that it speaks for."""
    row = session.execute(
        select(TokenRow, AccountRow, UserRow)
        .join(AccountRow, AccountRow.id == TokenRow.account_id)
        .join(UserRow, UserRow.account_id == TokenRow.account_id)
        .where(TokenRow.secret_hash == secret_hash)
    ).one_or_none()
    return (_to_token(row[0]), to_user(row[1], row[2])) if row else None


def get(session: Session, token: TokenId) -> Token | None:
    """Return a token by its id."""
    row = session.get(TokenRow, token) if is_id(token, "tok") else None
    return _to_token(row) if row else None


def of_user(session: Session, user: AccountId) -> list[Token]:
    """Return a user's tokens that were not revoked, the newest first."""
    query = select(TokenRow).where(TokenRow.account_id == user, TokenRow.revoked_at.is_(None))
    return [_to_token(row) for row in session.scalars(query.order_by(TokenRow.id.desc()))]


def revoke_tree(session: Session, token: TokenId, at: datetime) -> int:
    """Revoke a token and all that it brought forth; return how many were alive."""
    tree = select(TokenRow.id).where(TokenRow.id == token).cte("tree", recursive=True)
    child = aliased(TokenRow)
    tree = tree.union_all(select(child.id).where(child.parent_id == tree.c.id))
    revoked = session.execute(
        update(TokenRow)
        .where(TokenRow.id.in_(select(tree.c.id)), TokenRow.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(TokenRow.id)
    )
    return len(revoked.all())
