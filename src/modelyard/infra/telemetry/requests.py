"""Time every request, by the template of its route."""

import logging
import time
from collections.abc import Iterable

import structlog
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.infra.telemetry.metrics import Metrics

_log = structlog.get_logger("modelyard.requests")
_heard_by = logging.getLogger("modelyard.requests")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOBODY_ANSWERED = 499


class RequestTelemetry:
    """ASGI middleware around the whole application.

    Every request is counted and timed; answers of 500 and above are logged as warnings, all others at level debug.
    A client that left before the answer began counts as 499. `routes` are those of routers that do not say in the
    scope which route took the request, as FastAPI's does not for Starlette's own.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Iterable[BaseRoute] = ()) -> None:
        self._app = app
        self._metrics = metrics
        self._templates = Templates(routes)

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
        except Exception:  # only to count it as 500; it goes on to whoever answers
            status = 500 if status == _NOBODY_ANSWERED else status
            raise
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = self._templates.of(scope)
        self._metrics.request(method, route, status, seconds)
        if status < 500 and not _heard_by.isEnabledFor(logging.DEBUG):
            return  # because a line that nobody will see costs as much as a tenth of an answer
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


class Templates:
    """Knows the template of the route that took a request, such as `/api/v1/prices/{price}`.

    A request that no route took is `none`: strangers cannot make up new values.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_endpoint: dict[object, list[Route]] = {}
        for route in routes:
            if isinstance(route, Route):
                self._by_endpoint.setdefault(route.endpoint, []).append(route)

    def of(self, scope: Scope) -> str:
        """Return the template; the scope is that of a request that was answered."""
        path = getattr(scope.get("route"), "path_format", None)
        if isinstance(path, str):
            return path
        routes = self._by_endpoint.get(scope.get("endpoint"), [])
        if len(routes) > 1:  # one function behind several addresses
            taken = scope["path"].removeprefix(scope.get("root_path", ""))
            routes = [route for route in routes if route.path_regex.match(taken)] or routes
        return routes[0].path_format if routes else "none"
