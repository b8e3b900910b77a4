"""The addresses of this wire."""

from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts.http import Authenticator
from modelyard.hub import DownloadCounter, RepoNotFound
from modelyard.hub.rules.names import API_KINDS, PAGE_KINDS
from modelyard.infra import Infra
from modelyard.web import Links
from modelyard.web.routing import RawRoute
from modelyard.wire.hf.calls import Call, Desk, Handler
from modelyard.wire.hf.identity import Identity
from modelyard.wire.hf.ndjson import MAX_BODY_BYTES
from modelyard.wire.hf.repositories import Repositories
from modelyard.wire.hf.resolve import Resolve
from modelyard.wire.hf.trees import Trees
from modelyard.wire.hf.uploads import Uploads

_REPO = "/api/{kind}/{ns}/{name}"
_FILE = "/{kind}{ns}/{name}"
_ROOM_TO_REFUSE = 1024 * 1024  # so that a commit too large is told so in words that say the bound


def build_routes(infra: Infra, auth: Authenticator, links: Links, downloads: DownloadCounter) -> list[Route]:
    """Return the routes of the Hub's API and of its files, those of files first since they are the hot ones."""
    desk = Desk(infra, auth, links)
    return [
        *_of_files(desk, downloads),
        *_of_the_caller(desk),
        *_of_repositories(desk),
        *_of_trees(desk),
        *_of_uploads(desk),
        *_of_bare_names(desk),
    ]


def _of_files(desk: Desk, downloads: DownloadCounter) -> list[Route]:
    serve = Resolve(desk, downloads).serve
    return [
        RawRoute(f"{_FILE}/{verb}/{{rev}}/{{path:path}}", serve, methods=["GET"], choices=PAGE_KINDS)
        for verb in ("resolve", "raw")
    ]


def _of_the_caller(desk: Desk) -> list[Route]:
    identity = Identity(desk)
    return [
        _route(desk, "GET", "/api/whoami-v2", identity.whoami),
        _route(desk, "GET", "/api/agent-harnesses", identity.nothing),
        _route(desk, "GET", "/api/telemetry/{rest:path}", identity.nothing),
        _route(desk, "GET", "/api/tasks", identity.nothing),
    ]


def _of_repositories(desk: Desk) -> list[Route]:
    repositories = Repositories(desk)
    return [
        _route(desk, "POST", "/api/repos/create", repositories.create),
        _route(desk, "DELETE", "/api/repos/delete", repositories.delete),
        _route(desk, "GET", "/api/{kind}", repositories.search),
        _route(desk, "GET", _REPO, repositories.info),
        _route(desk, "GET", _REPO + "/revision/{rev}", repositories.info),
        _route(desk, "PUT", _REPO + "/settings", repositories.settings),
        _route(desk, "GET", _REPO + "/auth-check", repositories.auth_check),
        _route(desk, "GET", _REPO + "/auth-check/{right}", repositories.auth_check),
    ]


def _of_trees(desk: Desk) -> list[Route]:
    trees = Trees(desk)
    return [
        _route(desk, "GET", _REPO + "/tree/{rev}", trees.tree),
        _route(desk, "GET", _REPO + "/tree/{rev}/{path:path}", trees.tree),
        _route(desk, "POST", _REPO + "/paths-info/{rev}", trees.paths_info),
        _route(desk, "GET", _REPO + "/commits/{rev}", trees.commits),
        _route(desk, "GET", _REPO + "/refs", trees.refs),
        _route(desk, "POST", _REPO + "/branch/{ref}", trees.create_branch),
        _route(desk, "DELETE", _REPO + "/branch/{ref}", trees.delete_branch),
        _route(desk, "POST", _REPO + "/tag/{ref}", trees.create_tag),
        _route(desk, "DELETE", _REPO + "/tag/{ref}", trees.delete_tag),
    ]


def _of_uploads(desk: Desk) -> list[Route]:
    uploads = Uploads(desk)
    return [
        _route(desk, "POST", "/api/validate-yaml", uploads.validate_yaml),
        _route(desk, "POST", _REPO + "/preupload/{rev}", uploads.preupload),
        RawRoute(
            _REPO + "/commit/{rev}",
            uploads.commit,
            methods=["POST"],
            choices=API_KINDS,
            most=MAX_BODY_BYTES + _ROOM_TO_REFUSE,
        ),
    ]


def _of_bare_names(desk: Desk) -> list[Route]:
    """Names without a namespace, which the public hub has and we have not: absent, in words that clients know."""
    bare = desk.endpoint(_absent)
    return [
        RawRoute("/api/{kind}/{name}", bare, methods=["GET"], choices=API_KINDS),
        RawRoute("/api/{kind}/{name}/revision/{rev}", bare, methods=["GET"], choices=API_KINDS),
        RawRoute("/{kind}{name}/resolve/{rev}/{path:path}", bare, methods=["GET"], choices=PAGE_KINDS),
    ]


def _absent(call: Call) -> Response:
    raise RepoNotFound(repo=call.param("name")[:200])


def _route(desk: Desk, method: str, path: str, handler: Handler) -> RawRoute:
    return RawRoute(path, desk.endpoint(handler), methods=[method], choices=API_KINDS)
