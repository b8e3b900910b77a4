"""The operator's pages: `/health/live`, `/health/ready`, `/metrics`."""

from collections.abc import Callable
from ipaddress import ip_address

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from modelyard.infra.health import Readiness
from modelyard.infra.telemetry import Metrics


def build_ops_routes(readiness: Readiness, metrics: Metrics, is_admin: Callable[[Request], bool]) -> list[Route]:
    """Return the routes.

    `/health/live` says that the process answers; `/health/ready` is 503 when any part is not ready. `/metrics` is for
    this machine itself, when no proxy passed the request on, and for administrators.
    """

    async def live(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def ready(_request: Request) -> Response:
        answers = await run_in_threadpool(readiness.answers)
        good = all(answer.ready for answer in answers.values())
        parts = {part: {"ready": answer.ready, "detail": answer.detail} for part, answer in answers.items()}
        return JSONResponse({"ready": good, "parts": parts}, 200 if good else 503, headers=_FRESH)

    async def numbers(request: Request) -> Response:
        if not is_local(request) and not await run_in_threadpool(is_admin, request):
            return PlainTextResponse("Metrics are for administrators.\n", 403)
        text = await run_in_threadpool(metrics.text)
        return Response(text, media_type=metrics.content_type, headers=_FRESH)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", numbers)]


_FRESH = {"Cache-Control": "no-store"}
_PASSED_ON = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "via"})


def is_local(request: Request) -> bool:
    """Tell whether the request comes from this machine and no proxy passed it on for somebody else."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
