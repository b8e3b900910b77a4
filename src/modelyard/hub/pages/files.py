"""Files and history: folders, one file, commits, one commit."""

from pathlib import PurePosixPath

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from modelyard.hub.content import body_of
from modelyard.hub.pages.desk import REPO, Desk, Showcase
from modelyard.hub.rules.attributes import looks_binary
from modelyard.hub.rules.refs import BRANCHES, TAGS, short
from modelyard.hub.rules.trees import Entry
from modelyard.hub.service import reading
from modelyard.hub.service.differences import differences
from modelyard.hub.service.reading import Listing
from modelyard.web.routing import RawRoute

MAX_SHOWN_BYTES = 512 * 1024
_FILES = 200
_COMMITS = 30
_CHANGES = 500
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


class FilePages:
    """What a repository holds, and how it came to be."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RawRoute]:
        """Return the routes."""
        route = self._desk.route
        return [
            route(REPO + "/tree/{rev}", self.tree),
            route(REPO + "/tree/{rev}/{path:path}", self.tree),
            route(REPO + "/blob/{rev}/{path:path}", self.blob),
            route(REPO + "/commits/{rev}", self.commits),
            route(REPO + "/commit/{rev}", self.commit),
        ]

    def tree(self, request: Request, session: Session, show: Showcase) -> Response:
        """Show a folder: names, sizes, and the commit that last changed each."""
        folder = str(request.path_params.get("path", "")).strip("/")
        after = request.query_params.get("cursor", "")
        listing = Listing(folder, last_commits=True, after=after, limit=_FILES)
        page = reading.list_tree(session, show.revision, listing)
        ordered = sorted(page.items, key=lambda item: not item.entry.is_folder)
        refs = reading.refs(session, show.repository)
        return self._desk.page(
            request,
            "hub/tree.html",
            show,
            tab="files",
            folder=folder,
            crumbs=_crumbs(show, folder),
            items=ordered,
            next=page.next,
            branches=[short(ref.name) for ref in refs if ref.name.startswith(BRANCHES)],
            tags=[short(ref.name) for ref in refs if ref.name.startswith(TAGS)],
        )

    def blob(self, request: Request, session: Session, show: Showcase) -> Response:
        """Show one file: its text if it is not too much, a picture, or only its facts."""
        path = str(request.path_params["path"])
        entry = reading.file_at(session, show.revision, path)
        (item,) = reading.items_at(session, show.revision, [path], last_commits=True)
        return self._desk.page(
            request,
            "hub/blob.html",
            show,
            tab="files",
            file=path,
            crumbs=_crumbs(show, path),
            item=item,
            picture=PurePosixPath(path).suffix.lower() in _PICTURES,
            text=self._text(session, show, entry, path),
        )

    def _text(self, session: Session, show: Showcase, entry: Entry, path: str) -> str | None:
        if entry.large or entry.size > MAX_SHOWN_BYTES:
            return None
        content = body_of(reading.object_of(session, show.repository, entry, path), self._desk.infra.blobs)
        return None if looks_binary(content) else content.decode()

    def commits(self, request: Request, session: Session, show: Showcase) -> Response:
        """Show the history, the latest commit first."""
        page = reading.log(session, show.revision, after=request.query_params.get("cursor"), limit=_COMMITS)
        return self._desk.page(request, "hub/commits.html", show, tab="commits", commits=page.items, next=page.next)

    def commit(self, request: Request, session: Session, show: Showcase) -> Response:
        """Show one commit and the files that it changed."""
        found = differences(session, show.repository, show.revision.commit, limit=_CHANGES)
        return self._desk.page(
            request, "hub/commit.html", show, tab="commits", commit=show.revision.commit, changes=found, most=_CHANGES
        )


def _crumbs(show: Showcase, path: str) -> list[tuple[str, str]]:
    parts = path.split("/") if path else []
    folders = [(show.at("tree", "/".join(parts[: depth + 1])), part) for depth, part in enumerate(parts)]
    return [(show.at("tree"), show.repository.path.name), *folders]
