"""The durable state of the sign-in throttle."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modelyard.accounts.models import BucketRow


def lock(session: Session, bucket: str, *, untouched: datetime) -> datetime:
    """Return how full the bucket is and keep others away from it until this transaction ends.

    One upsert makes the row, locks it and reads it: two guessers on a fresh bucket count as two, and a sweep cannot
    come between.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(BucketRow).values(bucket=bucket, full_until=untouched)
    locked = insert.on_conflict_do_update(index_elements=[BucketRow.bucket], set_={"full_until": BucketRow.full_until})
    full_until: datetime = session.execute(locked.returning(BucketRow.full_until)).scalar_one()
    return full_until


def fill(session: Session, bucket: str, full_until: datetime) -> None:
    """Write down how full the bucket is now."""
    session.execute(update(BucketRow).where(BucketRow.bucket == bucket).values(full_until=full_until))


def empty(session: Session, bucket: str) -> None:
    """Forget all attempts of a bucket."""
    session.execute(delete(BucketRow).where(BucketRow.bucket == bucket))


def sweep(session: Session, now: datetime) -> None:
    """Forget buckets that have run empty; those being counted at this moment are passed over."""
    idle = select(BucketRow.bucket).where(BucketRow.full_until <= now).with_for_update(skip_locked=True)
    session.execute(delete(BucketRow).where(BucketRow.bucket.in_(idle)))
