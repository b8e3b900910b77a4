"""Real child processes for the tests of processes and of their supervisor."""

import asyncio
import sys
import textwrap
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from modelyard.infra.processes import Command

SERVE = 'import signal; print(\'READY {"addr": "here"}\', flush=True); signal.pause()'


def python(code: str, *, env: dict[str, str] | None = None, secrets: tuple[str, ...] = ()) -> Command:
    return Command((sys.executable, "-I", "-S", "-c", textwrap.dedent(code)), env=env or {}, secrets=secrets)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await scenario

    asyncio.run(bounded())


def gone(pid: int) -> bool:
    """Whether no such process runs; a zombie that waits for its new parent has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
