"""Alembic's scripts: one stream for both databases, forward only."""
