"""Waiting for what has no event of its own: the question is asked again until a deadline, and nowhere else."""

import asyncio
import time
from collections.abc import Callable

PAUSE = 0.005


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Return whether the condition comes true before the deadline."""
    deadline = time.monotonic() + seconds
    while not (met := bool(condition())) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return met


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return once the condition is true, letting other tasks run; raises TimeoutError at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            msg = f"still not so after {seconds} seconds"
            raise TimeoutError(msg)
        await asyncio.sleep(PAUSE)
