"""Time every request, by the template of its route."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.infra.telemetry.metrics import Metrics

_log = structlog.get_logger("modelyard.requests")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOBODY_ANSWERED = 499


class RequestTelemetry:
    """ASGI middleware around the whole application.

    Every request is counted and timed; answers of 500 and above are logged as warnings, all others at level debug.
    A client that left before the answer began counts as 499.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = _NOBODY_ANSWERED

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            status = 500 if status == _NOBODY_ANSWERED else status
            raise
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = template(scope)
        self._metrics.request(method, route, status, seconds)
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "request_id": scope.get("state", {}).get("request_id", ""),
        }
        if status >= 500:
            _log.warning("request", **fields)
        else:
            _log.debug("request", **fields)


def template(scope: Scope) -> str:
    """Return the template of the route that took a request, such as `/api/v1/prices/{price}`; `none` when none did.

    A mounted application is known by where it is mounted, so that strangers cannot make up new label values.
    """
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) and path else "none"
