"""The JSON that the Hub's clients read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from modelyard.hub import Commit, Item, Lfs, Ref, RepoKind, Repository, Revision
from modelyard.web import Links

Json = dict[str, object]
_POINTER = len(Lfs("0" * 64, 0).pointer()) - 1


def instant(at: datetime) -> str:
    """Return a time as the clients parse it: UTC, milliseconds, Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def summary(repository: Repository) -> Json:
    """Return what a list tells of a repository."""
    path = repository.path
    told: Json = {
        "_id": repository.id,
        "id": str(path),
        "author": path.namespace,
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "likes": repository.likes,
        "downloads": repository.downloads,
        "trendingScore": 0,
        "tags": list(repository.tags),
        "createdAt": instant(repository.created_at),
        "lastModified": instant(repository.modified_at),
    }
    if path.kind is RepoKind.MODEL:
        told |= {"modelId": str(path)}
        told |= _present({"pipeline_tag": repository.pipeline_tag, "library_name": repository.library_name})
    if path.kind is RepoKind.SPACE:
        told |= _present({"sdk": repository.card.get("sdk")})
    return told


def info(revision: Revision, siblings: Iterable[Json]) -> Json:
    """Return all that is told of a repository at a revision."""
    repository = revision.repository
    told = summary(repository) | {
        "sha": revision.commit.oid,
        "siblings": list(siblings),
        "usedStorage": repository.used_bytes,
        "downloadsAllTime": repository.downloads,
        "spaces": [],
    }
    return told | ({"cardData": dict(repository.card)} if repository.card else {})


def chosen(told: Json, names: Sequence[str]) -> Json:
    """Return only the named fields, which is what `expand` asks for, and the ids that are always told."""
    kept = {"_id", "id", *names}
    return {name: value for name, value in told.items() if name in kept}


def sibling(item: Item, *, blobs: bool) -> Json:
    """Return a file as the info of a repository names it."""
    told: Json = {"rfilename": item.path}
    if blobs:
        told |= {"size": item.entry.size, "blobId": item.entry.oid}
        if item.entry.large:
            told["lfs"] = {"sha256": item.entry.lfs, "size": item.entry.size, "pointerSize": _pointer(item.entry.size)}
    return told


def tree_item(item: Item, *, expand: bool) -> Json:
    """Return a file or folder as a tree names it."""
    entry = item.entry
    told: Json = {"type": "directory" if entry.is_folder else "file", "oid": entry.oid, "path": item.path}
    told["size"] = 0 if entry.is_folder else entry.size
    if entry.large:
        told["lfs"] = {"oid": entry.lfs, "size": entry.size, "pointerSize": _pointer(entry.size)}
    if expand and item.last_commit:
        last = item.last_commit
        told["lastCommit"] = {"id": last.oid, "title": last.title, "date": instant(last.at)}
    return told


def _pointer(size: int) -> int:
    return _POINTER + len(str(size))


def commit(told: Commit, *, formatted: bool) -> Json:
    """Return a commit as the history names it."""
    shape: Json = {
        "id": told.oid,
        "title": told.title,
        "message": told.message,
        "date": instant(told.at),
        "authors": [{"user": told.author}],
    }
    if formatted:
        shape["formatted"] = {"title": escape(told.title), "message": escape(told.message)}
    return shape


def refs(found: Sequence[Ref], *, pull_requests: bool) -> Json:
    """Return branches and tags."""
    groups: dict[str, str] = {"branches": "refs/heads/", "converts": "refs/convert/", "tags": "refs/tags/"}
    if pull_requests:
        groups["pullRequests"] = "refs/pr/"
    return {
        group: [
            {"name": ref.name.removeprefix(prefix), "ref": ref.name, "targetCommit": ref.commit}
            for ref in found
            if ref.name.startswith(prefix)
        ]
        for group, prefix in groups.items()
    }


def next_link(links: Links, path: str, query: Sequence[tuple[str, str]], cursor: str | None) -> dict[str, str]:
    """Return the header that leads to the next page, absolute; nothing on the last one."""
    if cursor is None:
        return {}
    kept = [(name, value) for name, value in query if name != "cursor"]
    return {"Link": f'<{links.absolute(path)}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'}


def _present(fields: Mapping[str, object]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
