"""Repositories: create, delete, settings, info, lists."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from modelyard import hub
from modelyard.accounts import SignInRequired
from modelyard.hub import Order, Query, RepoExists, RepoKind, RepoPath, Repository, Revision, Visibility
from modelyard.hub.rules.names import KINDS
from modelyard.kernel import InvalidInput
from modelyard.wire.hf import shapes
from modelyard.wire.hf.calls import Call, Desk, text_of
from modelyard.wire.hf.errors import answer

_ORDERS = {
    "lastModified": Order.MODIFIED,
    "last_modified": Order.MODIFIED,
    "createdAt": Order.CREATED,
    "created_at": Order.CREATED,
    "downloads": Order.DOWNLOADS,
    "downloadsAllTime": Order.DOWNLOADS,
    "likes": Order.LIKES,
    "trendingScore": Order.DOWNLOADS,
    "trending_score": Order.DOWNLOADS,
}
_PAGE = 100
_FULL_PAGE = 100
_MOST = 1000
_MOST_SIBLINGS = 20_000


class Repositories:
    """Handlers that speak of whole repositories."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(self, call: Call) -> Response:
        """Create a repository; one that exists is told with its address, by which clients accept it."""
        asked = call.json()
        path = _named(call, asked)
        try:
            with self._desk.infra.db.unit() as session:
                made = hub.create_repository(
                    session,
                    actor=call.actor,
                    path=path,
                    visibility=_visibility(asked) or Visibility.PUBLIC,
                    clock=self._desk.infra.clock,
                )
        except RepoExists as error:
            return answer(error, extra={"url": self._url(path)})
        return JSONResponse({"url": self._url(made.path), "name": str(made.path), "id": made.id})

    def delete(self, call: Call) -> Response:
        """Delete a repository."""
        path = _named(call, call.json())
        with self._desk.infra.db.unit() as session:
            hub.delete_repository(session, actor=call.actor, path=path, clock=self._desk.infra.clock)
        return JSONResponse({})

    def settings(self, call: Call) -> Response:
        """Change the visibility."""
        asked = call.json()
        if asked.get("gated") not in (None, False):
            raise InvalidInput(name="gated", reason="access requests are not offered here yet", field="gated")
        visibility = _visibility(asked)
        with self._desk.infra.db.unit() as session:
            if visibility is None:
                repository = hub.see_for_change(session, actor=call.actor, path=call.path)
            else:
                clock = self._desk.infra.clock
                repository = hub.set_visibility(
                    session, actor=call.actor, path=call.path, visibility=visibility, clock=clock
                )
        return JSONResponse({"private": repository.private, "gated": False})

    def auth_check(self, call: Call) -> Response:
        """Tell by the status whether the caller may read, or with `/write` change, the repository."""
        see = hub.see_for_change if call.param("right") == "write" else hub.see
        with self._desk.infra.db.reader() as session:
            see(session, actor=call.actor, path=call.path)
        return JSONResponse({})

    def info(self, call: Call) -> Response:
        """Tell all about a repository at a revision, the default branch if none is named."""
        with self._desk.infra.db.reader() as session:
            repository = hub.see(session, actor=call.actor, path=call.path)
            revision = hub.resolve(session, repository, call.param("rev") or "main")
            told = shapes.info(revision, self._siblings(session, revision, blobs=call.flag("blobs")))
        names = call.many("expand")
        return JSONResponse(shapes.chosen(told, names) if names else told)

    def search(self, call: Call) -> Response:
        """List repositories by the query's filters, a page at a time."""
        query = _query(call)
        names, full = call.many("expand"), call.flag("full")
        detailed = full or "siblings" in names or "sha" in names
        if detailed:
            query = replace(query, limit=min(query.limit, _FULL_PAGE))
        with self._desk.infra.db.reader() as session:
            page = hub.list_repositories(session, actor=call.actor, query=query)
            if detailed:
                told = self._detailed(session, page.items)
            else:
                told = [_brief(item, card=call.flag("cardData")) for item in page.items]
            if len(told) < len(page.items):
                page = hub.list_repositories(session, actor=call.actor, query=replace(query, limit=len(told)))
        if names:
            told = [shapes.chosen(one, names) for one in told]
        params = list(call.request.query_params.multi_items())
        headers = shapes.next_link(self._desk.links, call.request.url.path, params, page.next)
        return JSONResponse(told, headers=headers)

    def _detailed(self, session: Session, found: Sequence[Repository]) -> list[shapes.Json]:
        """Return repositories with their files, and stop early once those are many: anybody may ask for this list."""
        told: list[shapes.Json] = []
        left = _MOST_SIBLINGS
        for repository in found:
            if left <= 0:
                break
            revision = hub.resolve(session, repository, "main")
            siblings = self._siblings(session, revision, blobs=False)
            left -= len(siblings)
            told.append(shapes.info(revision, siblings))
        return told

    def _siblings(self, session: Session, revision: Revision, *, blobs: bool) -> list[shapes.Json]:
        return [shapes.sibling(item, blobs=blobs) for item in hub.files(session, revision)]

    def _url(self, path: RepoPath) -> str:
        return self._desk.links.absolute("/" + path.address)


def _brief(repository: Repository, *, card: bool) -> shapes.Json:
    told = shapes.summary(repository)
    return told | ({"cardData": dict(repository.card)} if card and repository.card else {})


def _named(call: Call, asked: dict[str, Any]) -> RepoPath:
    """Return the repository that a body names; without an organization it is the caller's own."""
    kind = text_of(asked, "type", RepoKind.MODEL.value)
    if kind not in {known.value for known in RepoKind}:
        raise InvalidInput(name="type", reason="it is not model, dataset or space", field="type")
    if call.actor.account is None:
        raise SignInRequired
    namespace, _, name = text_of(asked, "name").rpartition("/")
    namespace = text_of(asked, "organization") or namespace or call.actor.name
    return RepoPath(RepoKind(kind), namespace, name)


def _visibility(asked: dict[str, Any]) -> Visibility | None:
    """Return the visibility that a body asks for, in its present or its older form; None if it says nothing."""
    said = asked.get("visibility")
    if said is None:
        private = asked.get("private")
        return None if private is None else (Visibility.PRIVATE if private is True else Visibility.PUBLIC)
    if said not in {known.value for known in Visibility}:
        raise InvalidInput(name="visibility", reason="it is not public or private", field="visibility")
    return Visibility(said)


def _query(call: Call) -> Query:
    order = call.query("sort") or "trendingScore"
    if order not in _ORDERS:
        raise InvalidInput(name="sort", reason=f"it is not one of {', '.join(sorted(_ORDERS))}", field="sort")
    given = call.request.query_params
    tags = [tag for text in call.many("filter") for tag in text.split(",") if tag]
    return Query(
        kind=KINDS[call.param("kind")],
        author=call.query("author"),
        search=tuple(word for text in given.getlist("search") for word in text.split()),
        tags=tuple(tags),
        pipeline_tag=call.query("pipeline_tag"),
        order=_ORDERS[order],
        after=call.query("cursor"),
        limit=call.limit(_PAGE, _MOST),
    )
