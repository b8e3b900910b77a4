"""What a repository is called: its kind, its namespace and its name."""

from dataclasses import dataclass
from enum import StrEnum

from modelyard.accounts.rules.names import key as fold
from modelyard.accounts.rules.names import well_formed
from modelyard.hub.errors import RepoNameMalformed

API_KINDS = {"kind": "models|datasets|spaces"}
"""How addresses of APIs name a kind, for the choices of a route."""
PAGE_KINDS = {"kind": "datasets/|spaces/|"}
"""How addresses of pages and files name a kind: models, the commonest, without a word."""
_OWN_ADDRESSES = frozenset({"settings", "resolve", "tree", "blob", "raw", "commits", "commit", "discussions"})


class RepoKind(StrEnum):
    """The three kinds; each has its own namespace of names, so a model and a dataset may share one."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"

    @property
    def plural(self) -> str:
        """Return the word of API addresses: `models`."""
        return self.value + "s"

    @property
    def prefix(self) -> str:
        """Return what stands before `namespace/name` in addresses: nothing for models, `datasets/`, `spaces/`."""
        return "" if self is RepoKind.MODEL else self.plural + "/"


@dataclass(frozen=True, slots=True)
class RepoPath:
    """A repository's full name; equal names in other letters' case are the same repository (`key`)."""

    kind: RepoKind
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`, the id that clients use."""
        return f"{self.namespace}/{self.name}"

    @property
    def key(self) -> str:
        """Return the form under which names are compared."""
        return fold(str(self))

    @property
    def address(self) -> str:
        """Return the path of its page, without a slash at the start: `datasets/ada/poems`."""
        return self.kind.prefix + str(self)


KINDS = {word: kind for kind in RepoKind for word in (kind.plural, kind.prefix)}
"""Kinds by the words of both sorts of addresses."""


def check_new_name(name: str) -> str:
    """Return the name if a new repository may have it; raise RepoNameMalformed otherwise."""
    if not well_formed(name) or fold(name) in _OWN_ADDRESSES:
        raise RepoNameMalformed(name=name, field="name")
    return name
