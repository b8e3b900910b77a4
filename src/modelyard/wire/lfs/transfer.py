"""The basic transfer: bytes in and out by signed address, in constant memory."""

import json

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from modelyard import hub
from modelyard.hub import Lfs
from modelyard.hub.errors import BlobMissing, LfsObjectAbsent
from modelyard.infra import Infra
from modelyard.infra.blobs import SizeMismatch, Staging
from modelyard.kernel import DomainError, InvalidInput
from modelyard.wire.hf.calls import MAX_JSON, read_body
from modelyard.wire.lfs.batch import object_of
from modelyard.wire.lfs.errors import MEDIA_TYPE, answer
from modelyard.wire.lfs.signing import Act, Permit, Signer
from modelyard.wire.sending import respond

_GULP = 1024 * 1024


class Transfer:
    """Serves the addresses that a batch gave."""

    def __init__(self, infra: Infra, signer: Signer) -> None:
        self._infra = infra
        self._signer = signer

    async def upload(self, request: Request) -> Response:
        """Take an object; it exists once this has answered 200, and nothing of it exists after any other answer."""
        try:
            permit = self._permit("upload", request)
            _check_announced(request, permit.lfs)
            with await to_thread.run_sync(self._infra.blobs.stage) as staging:
                await _pour(request, staging, permit.lfs)
                await to_thread.run_sync(self._accept, permit, staging)
        except DomainError as error:
            return answer(error)
        except ClientDisconnect:
            return Response(status_code=400)
        return Response(status_code=200, headers={"ETag": f'"{permit.lfs.sha256}"'})

    async def verify(self, request: Request) -> Response:
        """Say whether an object arrived."""
        try:
            permit = self._permit("verify", request)
            said = _said(await read_body(request, MAX_JSON))
            if said != permit.lfs or not await to_thread.run_sync(self._arrived, permit):
                raise LfsObjectAbsent(oid=said.sha256, path=said.sha256)
        except DomainError as error:
            return answer(error)
        return JSONResponse({}, media_type=MEDIA_TYPE)

    async def download(self, request: Request) -> Response:
        """Send an object, whole or in part."""
        try:
            permit = self._permit("download", request)
            if not await to_thread.run_sync(self._arrived, permit):
                raise LfsObjectAbsent(oid=permit.lfs.sha256, path=permit.lfs.sha256)
            place = self._infra.blobs.path(permit.lfs.sha256)
            if place is None:
                raise BlobMissing(path=permit.lfs.sha256)
        except DomainError as error:
            return answer(error)
        headers = {
            "ETag": f'"{permit.lfs.sha256}"',
            "Content-Type": "application/octet-stream",
            "Content-Disposition": "attachment",
            "Cache-Control": "private",
        }
        return respond(place, permit.lfs.size, request=request.headers, headers=headers)

    def _permit(self, act: Act, request: Request) -> Permit:
        params = request.path_params
        return self._signer.read(act, params["repository"], params["sha256"], request.url.query)

    def _accept(self, permit: Permit, staging: Staging) -> None:
        staging.commit(expected_sha256=permit.lfs.sha256, expected_size=permit.lfs.size)
        with self._infra.db.unit() as session:
            hub.prove(session, by=permit.account, repository=permit.repository, lfs=permit.lfs, clock=self._infra.clock)

    def _arrived(self, permit: Permit) -> bool:
        with self._infra.db.reader() as session:
            return hub.holds(session, permit.repository, permit.lfs)


def _check_announced(request: Request, lfs: Lfs) -> None:
    """Refuse a wrong length before any byte is taken."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != lfs.size:
        raise SizeMismatch(actual=int(announced), expected=lfs.size)


async def _pour(request: Request, staging: Staging, lfs: Lfs) -> None:
    """Write the body in pieces of 1 MiB, which is all that a slow client can hold; stop at the first byte too many."""
    waiting = bytearray()
    async for part in request.stream():
        waiting += part
        if staging.size + len(waiting) > lfs.size:
            raise SizeMismatch(actual=staging.size + len(waiting), expected=lfs.size)
        if len(waiting) >= _GULP:
            await to_thread.run_sync(staging.write, bytes(waiting))
            waiting.clear()
    await to_thread.run_sync(staging.write, bytes(waiting))


def _said(body: bytes) -> Lfs:
    try:
        return object_of(json.loads(body))
    except (ValueError, RecursionError):
        raise InvalidInput(name="body", reason="it is not JSON") from None
