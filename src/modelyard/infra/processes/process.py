"""One run of one child."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import IO

from modelyard.infra.processes.log import LogRing
from modelyard.infra.processes.words import Command, Exit, Patience, Ready, StartFailed

_LEASH = str(Path(__file__).with_name("leash.py"))
_LONGEST_LINE = 64 * 1024
_PIPES_OUTLIVE = 1.0


class _Lines(asyncio.Protocol):
    """Cut a pipe into lines; an endless line is cut at 64 KiB."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = bytearray()
        self.closed = asyncio.get_running_loop().create_future()
        self.transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        for line in lines:
            self._say(line)
        self._rest = rest
        while len(self._rest) > _LONGEST_LINE:
            self._say(self._rest[:_LONGEST_LINE])
            del self._rest[:_LONGEST_LINE]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._rest:
            self._say(self._rest)
        if not self.closed.done():
            self.closed.set_result(None)

    def _say(self, line: bytearray) -> None:
        self._on_line(line.decode("utf-8", "replace").rstrip("\r"))


class Process:
    """A running child, in its own session and process group, that dies with this server.

    All of its group is killed when the child ends, so that it leaves no grandchildren behind.
    """

    def __init__(self, popen: subprocess.Popen[bytes], patience: Patience, log: LogRing) -> None:
        self._loop = asyncio.get_running_loop()
        self._popen = popen
        self._patience = patience
        self._since = self._loop.time()
        self._outcome: asyncio.Future[Ready | StartFailed] = self._loop.create_future()
        self._exit: asyncio.Future[Exit] = self._loop.create_future()
        self._pipes: list[_Lines] = []
        self._burial: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.on_stage: Callable[[str], None] = lambda _stage: None
        self.stage = "start"
        self.log = log
        self.pid = popen.pid

    @classmethod
    async def launch(
        cls, command: Command, *, patience: Patience | None = None, log: LogRing | None = None
    ) -> "Process":
        """Spawn a child without waiting for READY; raises `StartFailed` when its program cannot be run."""
        ring = log or LogRing()
        ring.hide(command.secrets)
        popen = _popen(command)
        process = cls(popen, patience or Patience(), ring)
        await process._listen()
        return process

    @property
    def alive(self) -> bool:
        """Whether the child has not been seen to end."""
        return not self._exit.done()

    async def ready(self) -> Ready:
        """Wait until the child says READY.

        Raises `StartFailed` when it says FAILED, ends, is late with a stage, or its line is not JSON; it is dead then.
        """
        try:
            outcome = await asyncio.shield(self._outcome)
        except asyncio.CancelledError:
            self.kill()
            raise
        if isinstance(outcome, Ready):
            return outcome
        self.kill()
        ended = await self.wait()
        raise StartFailed(outcome.code, outcome.reason, final=outcome.final, tail=ended.tail)

    async def wait(self) -> Exit:
        """Wait until the child has ended."""
        return await asyncio.shield(self._exit)

    async def stop(self) -> Exit:
        """Ask with SIGTERM, insist with SIGKILL after `Patience.grace` seconds."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._patience.grace):
                return await self.wait()
        except TimeoutError:
            self.kill()
            return await self.wait()

    def kill(self) -> None:
        """Kill the child and its group at once; harmless when it is dead."""
        self._signal(signal.SIGKILL)

    def rss_bytes(self) -> int | None:
        """Resident memory of the child in bytes; None when it is dead or the system does not tell."""
        return rss_bytes(self.pid) if self.alive else None

    def _signal(self, number: signal.Signals) -> None:
        # Signals and the reaping happen in one thread, so the pid cannot have been given to somebody else.
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    async def _listen(self) -> None:
        self._pipes = [
            await self._attach(self._popen.stdout, self._hear),
            await self._attach(self._popen.stderr, self.log.append),
        ]
        self._expect("start")
        threading.Thread(target=self._await_death, name=f"wait-{self.pid}", daemon=True).start()

    async def _attach(self, pipe: IO[bytes] | None, on_line: Callable[[str], None]) -> _Lines:
        _transport, lines = await self._loop.connect_read_pipe(lambda: _Lines(on_line), pipe)
        return lines

    def _hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if self._outcome.done() or word not in {"STAGE", "READY", "FAILED"}:
            self.log.append(line)
        elif word == "STAGE":
            self._expect(rest.strip())
            self.on_stage(self.stage)
        else:
            self._conclude(_parse(word, rest, pid=self.pid, seconds=self._loop.time() - self._since))

    def _expect(self, stage: str) -> None:
        self.stage = stage
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._patience.of(stage), self._too_late)

    def _too_late(self) -> None:
        limit = self._patience.of(self.stage)
        self._conclude(StartFailed("stage_timeout", f"stage '{self.stage}' took more than {limit:g} s", final=False))

    def _conclude(self, outcome: Ready | StartFailed) -> None:
        if self._timer:
            self._timer.cancel()
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    def _await_death(self) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)  # seen, not reaped: the pid stays ours until `_bury`
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now; then nobody waits for the news
            self._loop.call_soon_threadsafe(self._begin_burial)

    def _begin_burial(self) -> None:
        self._burial = self._loop.create_task(self._bury())  # kept, for the loop alone does not keep its tasks alive

    async def _bury(self) -> None:
        self.kill()
        self._popen.wait()
        with contextlib.suppress(TimeoutError):  # a grandchild that left the group may hold a pipe open
            async with asyncio.timeout(_PIPES_OUTLIVE):
                await asyncio.gather(*(pipe.closed for pipe in self._pipes))
        for pipe in self._pipes:
            if pipe.transport:
                pipe.transport.close()
        code = self._popen.returncode
        ended = Exit(code if code >= 0 else None, -code if code < 0 else None, self.log.tail(20))
        self._conclude(StartFailed("exited", f"the process {ended} in stage '{self.stage}'", final=False))
        self._exit.set_result(ended)


async def spawn(command: Command, *, patience: Patience | None = None, log: LogRing | None = None) -> Process:
    """Run a child once and return it when it is READY; raises `StartFailed`."""
    process = await Process.launch(command, patience=patience, log=log)
    await process.ready()
    return process


def rss_bytes(pid: int) -> int | None:
    """Resident memory of a process in bytes, from /proc; None when there is no such process or no /proc."""
    try:
        resident = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(resident) * os.sysconf("SC_PAGESIZE")


def _popen(command: Command) -> subprocess.Popen[bytes]:
    leash = [sys.executable, "-I", "-S", _LEASH, str(os.getpid())]
    try:
        return subprocess.Popen(
            [*leash, *command.argv],
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise StartFailed("cannot_spawn", f"{command.argv[0]}: {error.strerror}", final=True) from error


def _parse(word: str, text: str, *, pid: int, seconds: float) -> Ready | StartFailed:
    try:
        said = json.loads(text) if text.strip() else {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return StartFailed("bad_ready_line", f"{word} was not followed by a JSON object", final=False)
    if word == "READY":
        return Ready(pid, MappingProxyType(said), seconds)
    return StartFailed(str(said.get("code", "failed")), str(said.get("reason", "no reason given")), final=True)
