"""The verbs of the room, one file a noun: check, write, record, announce; none of them commits."""

from modelyard.accounts.service import (
    audit,
    authentication,
    housekeeping,
    invitations,
    links,
    organizations,
    people,
    rights,
    sessions,
    sign_in,
    tokens,
)

__all__ = [
    "audit",
    "authentication",
    "housekeeping",
    "invitations",
    "links",
    "organizations",
    "people",
    "rights",
    "sessions",
    "sign_in",
    "tokens",
]
