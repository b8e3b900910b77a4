"""Decisions of the room over plain values: names, roles, scopes, tokens, passwords, throttle, sessions, redirects.

Nothing here reads a clock, a database or an environment; each module is tested by property, to the last line.
"""
