"""The credentials of requests: from headers and cookies to an actor, and from a password to a session."""

from modelyard.accounts.http.authenticator import Authenticator
from modelyard.accounts.http.desk import Desk

__all__ = ["Authenticator", "Desk"]
