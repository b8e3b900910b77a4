"""Files by revision and path: what every download ends in.

Content of a repository is its author's, and a browser must never run it as ours: it is sent with a sandbox policy, and
as an attachment unless it is plain text, an image, sound, a film or a PDF.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from modelyard import hub
from modelyard.hub import DownloadCounter, Entry, GitObject, Revision
from modelyard.hub.errors import BlobMissing
from modelyard.infra.blobs import BlobNotFound
from modelyard.kernel import DomainError
from modelyard.wire.hf.calls import Desk, repo_path
from modelyard.wire.hf.errors import answer
from modelyard.wire.sending import respond

_TEXT = "text/plain; charset=utf-8"
_SHOWN = {
    **dict.fromkeys((".md", ".txt", ".json", ".jsonl", ".yaml", ".yml", ".py", ".csv", ".toml", ".jinja"), _TEXT),
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".pdf": "application/pdf",
}
_IMAGE_ONLY = {".svg": "image/svg+xml"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox"


@dataclass(frozen=True, slots=True)
class _Found:
    revision: Revision
    entry: Entry
    content: bytes | Path


class Resolve:
    """Serves files; async, because a large one must not hold a worker thread for as long as its client takes."""

    def __init__(self, desk: Desk, downloads: DownloadCounter) -> None:
        self._desk = desk
        self._downloads = downloads

    async def serve(self, request: Request) -> Response:
        """Answer HEAD and GET, whole or in part."""
        try:
            found = await to_thread.run_sync(self._find, request)
        except DomainError as error:
            return answer(error)
        headers = _headers(found, request.path_params["path"])
        return respond(found.content, found.entry.size, request=request.headers, headers=headers)

    def _find(self, request: Request) -> _Found:
        actor = self._desk.auth.actor(request)
        path: str = request.path_params["path"]
        with self._desk.infra.db.reader() as session:
            repository = hub.see(session, actor=actor, path=repo_path(request))
            revision = hub.resolve(session, repository, request.path_params["rev"])
            entry = hub.file_at(session, revision, path)
            item = None if entry.large else hub.object_of(session, repository, entry, path)
        if "x-hf-download-counter" in request.headers:
            self._downloads.count(repository.id, actor.account or (request.client.host if request.client else ""))
        return _Found(revision, entry, self._content(entry, item, path))

    def _content(self, entry: Entry, item: GitObject | None, path: str) -> bytes | Path:
        if item is not None and item.data is not None:
            return hub.body_of(item, self._desk.infra.blobs)
        sha256 = item.sha256 if item else entry.lfs
        try:
            place = self._desk.infra.blobs.path(sha256 or "")
        except BlobNotFound:
            raise BlobMissing(path=path) from None
        if place is None:
            raise BlobMissing(path=path)
        return place


def _headers(found: _Found, path: str) -> dict[str, str]:
    name = PurePosixPath(path).name
    kind = PurePosixPath(name).suffix.lower()
    shown = _SHOWN.get(kind)
    headers = {
        "ETag": f'"{found.entry.etag}"',
        "X-Repo-Commit": found.revision.commit.oid,
        "Content-Type": shown or _IMAGE_ONLY.get(kind, "application/octet-stream"),
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "private, no-cache" if found.revision.repository.private else "no-cache",
        "Vary": "Authorization, Cookie",
    }
    if found.entry.large:
        headers |= {"X-Linked-ETag": headers["ETag"], "X-Linked-Size": str(found.entry.size)}
    return headers
