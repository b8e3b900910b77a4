"""Every query of the room, by what it asks for; each function is given a session and commits nothing."""

from modelyard.hub.store import history, lfs, objects, refs, repositories

__all__ = ["history", "lfs", "objects", "refs", "repositories"]
