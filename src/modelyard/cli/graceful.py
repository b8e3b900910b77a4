"""The HTTP server: uvicorn in this process, which lets running requests end before it does."""

import gc
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

DRAIN_SECONDS = 30


def configured(application: ASGIApp) -> uvicorn.Config:
    """Return how the application is served: by uvloop and httptools, with our own logs and judgment of proxies."""
    return uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom to believe is decided in one place, with `trusted_proxies`
        timeout_keep_alive=75,  # longer than the usual proxy keeps idle connections, so that the proxy ends them first
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


class GracefulServer(uvicorn.Server):
    """uvicorn, which greets when it listens, and for which being asked to stop is no failure."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the application and listen."""
        await super().startup(sockets)
        if self.started:
            gc.freeze()  # some 170,000 objects stay for ever; to walk them anew would stop every stream for 0.1 s
            gc.enable()
            self._greet()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at SIGINT and SIGTERM; unlike uvicorn's own, the process does not die of the signal afterwards."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
