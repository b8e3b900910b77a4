"""Upload: check a card, say where each file goes, take the commit."""

import base64
import binascii
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from modelyard import hub
from modelyard.hub import CommitDraft, EntryNotFound, RepoPath, Revision
from modelyard.hub.errors import CardInvalid
from modelyard.hub.rules.attributes import ATTRIBUTES, Attributes, Ignore, upload_mode
from modelyard.hub.rules.cards import parse_card, warnings
from modelyard.hub.rules.paths import check_path
from modelyard.kernel import DomainError, InvalidInput
from modelyard.wire.hf.calls import Call, Desk, repo_path, text_of
from modelyard.wire.hf.errors import answer, refusal_headers
from modelyard.wire.hf.ndjson import CommitReader

_MOST_FILES = 1000
_GULP = 256 * 1024
_MAX_RULES_BYTES = 256 * 1024


class Uploads:
    """Handlers by which files come in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def validate_yaml(self, call: Call) -> Response:
        """Check the metadata of a card; what is wrong is told with 400, what could be better with 200."""
        try:
            card = parse_card(text_of(call.json(), "content"))
        except CardInvalid as error:
            message = str(error.data.get("reason"))
            headers = refusal_headers(error.code, error.sentence_in_english())
            if call.request.headers.get("accept", "").startswith("text/plain"):
                return PlainTextResponse(message, 400, headers)
            return JSONResponse({"errors": [{"message": message}], "warnings": []}, 400, headers)
        return JSONResponse({"errors": [], "warnings": [{"message": message} for message in warnings(card)]})

    def preupload(self, call: Call) -> Response:
        """Say of each file whether it goes into git or to LFS, and what stands at its path now."""
        _refuse_pull_request(call.request)
        asked = call.json()
        files = asked.get("files")
        if not isinstance(files, list) or len(files) > _MOST_FILES or not all(isinstance(f, dict) for f in files):
            raise InvalidInput(name="files", reason=f"it is not a list of at most {_MOST_FILES} files", field="files")
        paths = [check_path(text_of(file, "path")) for file in files]
        with self._desk.infra.db.reader() as session:
            repository = hub.see_for_change(session, actor=call.actor, path=call.path)
            revision = hub.resolve(session, repository, call.param("rev"))
            attributes = Attributes(self._text(session, revision, ATTRIBUTES))
            given = text_of(asked, "gitIgnore") or self._text(session, revision, ".gitignore")
            present = {item.path: item for item in hub.items_at(session, revision, paths, last_commits=False)}
        ignore = Ignore(given[:_MAX_RULES_BYTES])
        told = [_decision(file, path, attributes, ignore) for file, path in zip(files, paths, strict=True)]
        for one, path in zip(told, paths, strict=True):
            if path in present and not present[path].entry.is_folder:
                one["oid"] = present[path].entry.etag
        return JSONResponse({"files": told})

    def _text(self, session: Session, revision: Revision, path: str) -> str:
        """Return a small file that holds rules, empty if there is none."""
        try:
            entry = hub.file_at(session, revision, path)
        except EntryNotFound:
            return ""
        if entry.large or entry.size > _MAX_RULES_BYTES:
            return ""
        item = hub.object_of(session, revision.repository, entry, path)
        return hub.body_of(item, self._desk.infra.blobs).decode(errors="replace")

    async def commit(self, request: Request) -> Response:
        """Take a commit line by line; the request's memory is that of one batch, whatever the commit's size."""
        try:
            path = repo_path(request)
            reader, draft = await to_thread.run_sync(self._begin, request, path)
            await _pour(request, reader)
            landed = await to_thread.run_sync(lambda: draft.land(reader.close()))
        except DomainError as error:
            return answer(error)
        except ClientDisconnect:
            return Response(status_code=400)
        url = self._desk.links.absolute(f"/{path.address}/commit/{landed.oid}")
        return JSONResponse({"success": True, "commitOid": landed.oid, "commitUrl": url, "hookOutput": ""})

    def _begin(self, request: Request, path: RepoPath) -> tuple[CommitReader, CommitDraft]:
        _refuse_pull_request(request)
        actor = self._desk.auth.actor(request)
        draft = hub.open_draft(self._desk.infra, actor=actor, path=path, revision=request.path_params["rev"])
        return CommitReader(draft), draft


async def _pour(request: Request, reader: CommitReader) -> None:
    waiting = bytearray()
    async for part in request.stream():
        waiting += part
        if len(waiting) >= _GULP:
            await to_thread.run_sync(reader.feed, bytes(waiting))
            waiting.clear()
    await to_thread.run_sync(reader.feed, bytes(waiting))


def _decision(file: dict[str, Any], path: str, attributes: Attributes, ignore: Ignore) -> dict[str, object]:
    size = file.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidInput(name="size", reason="it is not a number of bytes", field="size")
    try:
        sample = base64.b64decode(text_of(file, "sample"))
    except (binascii.Error, ValueError):
        raise InvalidInput(name="sample", reason="it is not base64", field="sample") from None
    mode = upload_mode(path, size=size, sample=sample, attributes=attributes)
    return {"path": path, "uploadMode": mode.value, "shouldIgnore": ignore.ignores(path)}


def _refuse_pull_request(request: Request) -> None:
    if request.query_params.get("create_pr") in ("1", "true"):
        raise InvalidInput(name="create_pr", reason="pull requests are not offered here yet", field="create_pr")
