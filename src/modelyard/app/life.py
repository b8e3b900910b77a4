"""What runs in the background while the server does, started in order and stopped in the reverse."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from modelyard.infra import Infra
from modelyard.infra.jobs import Worker
from modelyard.infra.outbox import Dispatcher
from modelyard.metering import Keeper
from modelyard.serving.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Background:
    """The parts that live as long as the server; `opened` holds what must be closed after all of them."""

    infra: Infra
    keeper: Keeper
    runtime: Runtime
    worker: Worker
    dispatcher: Dispatcher
    opened: ExitStack


def lifespan(background: Background) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Return the application's lifespan: holds are swept before the first request and nothing is cut off at the end."""

    @asynccontextmanager
    async def live(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(run_in_threadpool, background.opened.close)
            await run_in_threadpool(background.keeper.start)
            stack.push_async_callback(run_in_threadpool, background.keeper.stop)
            for part in (background.worker, background.dispatcher):
                part.start()
                stack.push_async_callback(run_in_threadpool, part.stop)
            await background.runtime.open()
            stack.push_async_callback(background.runtime.close)
            yield

    return live
