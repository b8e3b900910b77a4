"""Every query of the room, one file a noun; each takes a session and returns values of the room."""

from modelyard.accounts.store import audit, buckets, invitations, links, members, people, sessions, tokens

__all__ = ["audit", "buckets", "invitations", "links", "members", "people", "sessions", "tokens"]
