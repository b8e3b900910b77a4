"""Collect what deleted repositories left behind, a little at a time."""

from sqlalchemy.orm import Session

from modelyard.hub import store

BATCH = 500


def collect_deleted(session: Session) -> int:
    """Delete up to 500 objects of one deleted repository; return how many, 0 when nothing is left to collect.

    One call holds the database for some milliseconds; a job calls it until it returns 0, each time in a unit of work of
    its own. Blobs are kept, since other repositories may name them.
    """
    pool = store.objects.abandoned_pool(session)
    return 0 if pool is None else store.objects.delete_some(session, pool, BATCH)
