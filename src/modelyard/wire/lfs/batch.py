"""The batch request: which objects must be moved, and where."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from modelyard import hub
from modelyard.hub import Lfs, Repository
from modelyard.hub.rules.pointers import is_sha256
from modelyard.kernel import InvalidInput
from modelyard.wire.hf.calls import Call, Desk
from modelyard.wire.lfs.errors import MEDIA_TYPE
from modelyard.wire.lfs.signing import LIFETIME, Act, Permit, Signer

_MOST_OBJECTS = 1000
MAX_SIZE = 1 << 53
Json = dict[str, object]


class Batch:
    """Answers batch requests of git-lfs and of hub clients."""

    def __init__(self, desk: Desk, signer: Signer) -> None:
        self._desk = desk
        self._signer = signer

    def answer(self, call: Call) -> Response:
        """Say for each object where to send or get it; an upload without actions is not needed."""
        asked = call.json()
        upload = _operation(asked) == "upload"
        wanted = _objects(asked)
        see = hub.see_for_change if upload else hub.see
        with self._desk.infra.db.reader() as session:
            repository = see(session, actor=call.actor, path=call.path)
            here = self._here(session, call, repository, wanted, upload=upload)
        one = self._upload if upload else self._download
        told = [one(call, repository, lfs, lfs.sha256 in here) for lfs in wanted]
        body = {"transfer": "basic", "objects": told, "hash_algo": "sha256"}
        return JSONResponse(body, media_type=MEDIA_TYPE)

    def _here(
        self, session: Session, call: Call, repository: Repository, wanted: Sequence[Lfs], *, upload: bool
    ) -> frozenset[str]:
        """Return the objects that need no upload, or may be downloaded; one whose bytes were lost is neither."""
        if upload:
            known = hub.readable(session, actor=call.actor, repository=repository, wanted=wanted)
        else:
            known = hub.held(session, repository, wanted)
        return frozenset(sha256 for sha256 in known if self._desk.infra.blobs.stat(sha256) is not None)

    def _upload(self, call: Call, repository: Repository, lfs: Lfs, here: bool) -> Json:  # noqa: FBT001 - one of two acts
        told = _told(lfs)
        if not here:
            told["actions"] = {
                "upload": self._action("upload", call, repository, lfs),
                "verify": self._action("verify", call, repository, lfs),
            }
        return told

    def _download(self, call: Call, repository: Repository, lfs: Lfs, here: bool) -> Json:  # noqa: FBT001 - one of two acts
        told = _told(lfs)
        if here:
            return told | {"actions": {"download": self._action("download", call, repository, lfs)}}
        return told | {"error": {"code": 404, "message": "This repository has no such object."}}

    def _action(self, act: Act, call: Call, repository: Repository, lfs: Lfs) -> Json:
        href = self._signer.href(Permit(act, repository.id, lfs, call.actor.account))
        return {"href": href, "expires_in": int(LIFETIME.total_seconds())}


def _told(lfs: Lfs) -> Json:
    return {"oid": lfs.sha256, "size": lfs.size, "authenticated": True}


def _operation(asked: dict[str, Any]) -> str:
    operation = asked.get("operation")
    if operation not in ("upload", "download"):
        raise InvalidInput(name="operation", reason="it is not upload or download", field="operation")
    if asked.get("hash_algo", "sha256") != "sha256":
        raise InvalidInput(name="hash_algo", reason="it is not sha256", field="hash_algo")
    transfers = asked.get("transfers") or ["basic"]
    if not isinstance(transfers, list) or "basic" not in transfers:
        raise InvalidInput(name="transfers", reason="basic is not among them", field="transfers")
    return str(operation)


def _objects(asked: dict[str, Any]) -> list[Lfs]:
    given = asked.get("objects")
    if not isinstance(given, list) or len(given) > _MOST_OBJECTS:
        raise InvalidInput(name="objects", reason=f"it is not a list of at most {_MOST_OBJECTS}", field="objects")
    return list({lfs.sha256: lfs for lfs in map(object_of, given)}.values())


def object_of(given: object) -> Lfs:
    """Return the object that a JSON value names; raises InvalidInput."""
    oid, size = (given.get("oid"), given.get("size")) if isinstance(given, dict) else (None, None)
    if not isinstance(oid, str) or not is_sha256(oid):
        raise InvalidInput(name="oid", reason="it is not a sha256", field="oid")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_SIZE:
        raise InvalidInput(name="size", reason="it is not a number of bytes", field="size")
    return Lfs(oid, size)
