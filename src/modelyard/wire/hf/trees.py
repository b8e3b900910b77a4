"""Trees, paths, history, refs."""

from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response

from modelyard import hub
from modelyard.hub import Listing, NewTag
from modelyard.kernel import InvalidInput
from modelyard.wire.hf import shapes
from modelyard.wire.hf.calls import Call, Desk, text_of

_PAGE = 1000
_EXPANDED_PAGE = 100
_COMMITS = 50
_MOST_PATHS = 1000


class Trees:
    """Handlers that speak of what a repository holds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def tree(self, call: Call) -> Response:
        """List a folder, perhaps with all below it."""
        expand = call.flag("expand")
        listing = Listing(
            folder=call.param("path").strip("/"),
            recursive=call.flag("recursive"),
            last_commits=expand,
            after=call.query("cursor") or "",
            limit=call.limit(_EXPANDED_PAGE, _EXPANDED_PAGE) if expand else call.limit(_PAGE, _PAGE),
        )
        with self._desk.infra.db.reader() as session:
            revision = hub.resolve(session, hub.see(session, actor=call.actor, path=call.path), call.param("rev"))
            page = hub.list_tree(session, revision, listing)
        told = [shapes.tree_item(item, expand=expand) for item in page.items]
        return JSONResponse(told, headers=self._next(call, page.next) | {"X-Repo-Commit": revision.commit.oid})

    def paths_info(self, call: Call) -> Response:
        """Tell what stands at some paths; those where nothing does are left out."""
        paths, expand = _paths(call)
        with self._desk.infra.db.reader() as session:
            revision = hub.resolve(session, hub.see(session, actor=call.actor, path=call.path), call.param("rev"))
            items = hub.items_at(session, revision, paths, last_commits=expand)
        return JSONResponse([shapes.tree_item(item, expand=expand) for item in items])

    def commits(self, call: Call) -> Response:
        """List the history of a revision."""
        with self._desk.infra.db.reader() as session:
            revision = hub.resolve(session, hub.see(session, actor=call.actor, path=call.path), call.param("rev"))
            page = hub.log(session, revision, after=call.query("cursor"), limit=call.limit(_COMMITS, _PAGE))
        formatted = "formatted" in call.many("expand")
        told = [shapes.commit(item, formatted=formatted) for item in page.items]
        return JSONResponse(told, headers=self._next(call, page.next))

    def refs(self, call: Call) -> Response:
        """List branches and tags."""
        with self._desk.infra.db.reader() as session:
            found = hub.refs(session, hub.see(session, actor=call.actor, path=call.path))
        return JSONResponse(shapes.refs(found, pull_requests=call.flag("include_prs")))

    def create_branch(self, call: Call) -> Response:
        """Create a branch, at the default branch unless the body says where."""
        start = text_of(call.json(), "startingPoint") or "main"
        with self._desk.infra.db.unit() as session:
            hub.create_branch(
                session,
                actor=call.actor,
                path=call.path,
                name=call.param("ref"),
                start=start,
                clock=self._desk.infra.clock,
            )
        return JSONResponse({})

    def delete_branch(self, call: Call) -> Response:
        """Delete a branch."""
        clock = self._desk.infra.clock
        with self._desk.infra.db.unit() as session:
            hub.delete_branch(session, actor=call.actor, path=call.path, name=call.param("ref"), clock=clock)
        return JSONResponse({})

    def create_tag(self, call: Call) -> Response:
        """Create a tag at the revision that the address names."""
        asked = call.json()
        tag = NewTag(text_of(asked, "tag"), call.param("ref"), text_of(asked, "message"))
        with self._desk.infra.db.unit() as session:
            hub.create_tag(session, actor=call.actor, path=call.path, tag=tag, clock=self._desk.infra.clock)
        return JSONResponse({})

    def delete_tag(self, call: Call) -> Response:
        """Delete a tag."""
        clock = self._desk.infra.clock
        with self._desk.infra.db.unit() as session:
            hub.delete_tag(session, actor=call.actor, path=call.path, name=call.param("ref"), clock=clock)
        return JSONResponse({})

    def _next(self, call: Call, cursor: str | None) -> dict[str, str]:
        request = call.request
        path = request.scope.get("raw_path", request.url.path.encode()).split(b"?")[0].decode("latin-1")
        return shapes.next_link(self._desk.links, path, list(request.query_params.multi_items()), cursor)


def _paths(call: Call) -> tuple[list[str], bool]:
    """Return the paths of a form or of JSON, and whether more than the least is asked about them."""
    if call.request.headers.get("content-type", "").startswith("application/json"):
        asked = call.json()
        given = asked.get("paths", [])
        paths = [given] if isinstance(given, str) else given
        expand = asked.get("expand") is True
    else:
        form = parse_qs(call.body.decode(errors="replace"), keep_blank_values=True)
        paths = form.get("paths", [])
        expand = form.get("expand", [""])[-1].lower() == "true"
    if not isinstance(paths, list) or len(paths) > _MOST_PATHS or not all(isinstance(path, str) for path in paths):
        raise InvalidInput(name="paths", reason=f"it is not a list of at most {_MOST_PATHS} paths", field="paths")
    return [path.strip("/") for path in paths if path.strip("/")], expand
