"""Repositories of models, datasets and spaces: real git objects in SQL, large files by their SHA-256.

A commit is collected in a draft and lands in one short transaction; a branch moves by compare-and-swap, so concurrent
commits lose nothing. Reads name a `Revision` first, and what an actor may not see looks absent, in every verb.

    repo = hub.create_repository(session, actor=actor, path=RepoPath(RepoKind.MODEL, "ada", "tiny"), clock=clock)
    draft = hub.open_draft(infra, actor=actor, path=repo.path, revision="main")
    draft.add_file("README.md", card)
    commit = draft.land(Message("Add the card"))
    revision = hub.resolve(session, hub.see(session, actor=actor, path=repo.path), "main")
    page = hub.list_tree(session, revision, Listing(recursive=True))

It refuses to trust a hash: a large file can be named only where its bytes were received or can be read already. Faces
are `hub.routes` (/api/v1) and `hub.pages`; the protocols of foreign clients live in `wire.hf` and `wire.lfs`.
"""

from modelyard.hub.content import body_of
from modelyard.hub.errors import EntryNotFound, RepoExists, RepoNotFound, RevisionNotFound
from modelyard.hub.events import CommitLanded, RepoCreated, RepoDeleted, RepoVisibilityChanged
from modelyard.hub.rules.names import RepoKind, RepoPath
from modelyard.hub.rules.objects import Oid
from modelyard.hub.rules.pointers import Lfs
from modelyard.hub.rules.trees import Entry
from modelyard.hub.service.branches import NewTag, create_branch, create_tag, delete_branch, delete_tag
from modelyard.hub.service.collection import collect_deleted
from modelyard.hub.service.commits import CommitDraft, open_draft
from modelyard.hub.service.downloads import DownloadCounter
from modelyard.hub.service.export import export_bare
from modelyard.hub.service.landing import Message
from modelyard.hub.service.large import held, holds, prove, readable
from modelyard.hub.service.reading import (
    Listing,
    commits_by_id,
    file_at,
    files,
    items_at,
    list_tree,
    log,
    object_of,
    refs,
)
from modelyard.hub.service.repositories import (
    create_repository,
    delete_repository,
    facets,
    list_repositories,
    repository_by_id,
    set_visibility,
)
from modelyard.hub.service.sight import may_read, readable_owners, resolve, see, see_for_change
from modelyard.hub.store.repositories import Order, Query
from modelyard.hub.values import Commit, GitObject, Item, Ref, Repository, Revision, Visibility

__all__ = [
    "Commit",
    "CommitDraft",
    "CommitLanded",
    "DownloadCounter",
    "Entry",
    "EntryNotFound",
    "GitObject",
    "Item",
    "Lfs",
    "Listing",
    "Message",
    "NewTag",
    "Oid",
    "Order",
    "Query",
    "Ref",
    "RepoCreated",
    "RepoDeleted",
    "RepoExists",
    "RepoKind",
    "RepoNotFound",
    "RepoPath",
    "RepoVisibilityChanged",
    "Repository",
    "Revision",
    "RevisionNotFound",
    "Visibility",
    "body_of",
    "collect_deleted",
    "commits_by_id",
    "create_branch",
    "create_repository",
    "create_tag",
    "delete_branch",
    "delete_repository",
    "delete_tag",
    "export_bare",
    "facets",
    "file_at",
    "files",
    "held",
    "holds",
    "items_at",
    "list_repositories",
    "list_tree",
    "log",
    "may_read",
    "object_of",
    "open_draft",
    "prove",
    "readable",
    "readable_owners",
    "refs",
    "repository_by_id",
    "resolve",
    "see",
    "see_for_change",
    "set_visibility",
]
