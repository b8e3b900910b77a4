"""The addresses of this wire."""

from collections.abc import Awaitable, Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts.http import Authenticator
from modelyard.hub.rules.names import PAGE_KINDS
from modelyard.infra import Infra
from modelyard.kernel import DomainError
from modelyard.web import Links
from modelyard.web.routing import RawRoute
from modelyard.wire.hf.calls import MAX_JSON, Call, Desk, read_body
from modelyard.wire.lfs.batch import MAX_SIZE, Batch
from modelyard.wire.lfs.errors import answer
from modelyard.wire.lfs.signing import Signer
from modelyard.wire.lfs.transfer import Transfer

_BATCH = "/{kind}{ns}/{name}/info/lfs/objects/batch"
_GIT_BATCH = "/{kind}{ns}/{name}.git/info/lfs/objects/batch"
_MOVE = "/{repository}/{sha256}"


def build_routes(infra: Infra, auth: Authenticator, links: Links) -> list[Route]:
    """Return the routes of batch and transfer; clients name a repository with and without `.git`."""
    signer = Signer(infra.secret, links, infra.clock)
    batch, transfer = _batch(Desk(infra, auth, links), signer), Transfer(infra, signer)
    return [
        RawRoute(_GIT_BATCH, batch, methods=["POST"], choices=PAGE_KINDS),
        RawRoute(_BATCH, batch, methods=["POST"], choices=PAGE_KINDS),
        RawRoute("/_lfs/upload" + _MOVE, transfer.upload, methods=["PUT"], most=MAX_SIZE),
        Route("/_lfs/verify" + _MOVE, transfer.verify, methods=["POST"]),
        Route("/_lfs/download" + _MOVE, transfer.download, methods=["GET"]),
    ]


def _batch(desk: Desk, signer: Signer) -> Callable[[Request], Awaitable[Response]]:
    batch = Batch(desk, signer)

    def run(request: Request, body: bytes) -> Response:
        return batch.answer(Call(request, desk.auth.actor(request), body))

    async def serve(request: Request) -> Response:
        try:
            body = await read_body(request, MAX_JSON)
            return await to_thread.run_sync(run, request, body)
        except DomainError as error:
            return answer(error)

    return serve
