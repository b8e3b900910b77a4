"""Children: READY protocol, time-outs, restarts, no orphans, no secrets in logs. Real processes throughout."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.infra.processes import (
    Command,
    Event,
    Exited,
    GaveUp,
    LogRing,
    Patience,
    Ready,
    Restart,
    Staged,
    Started,
    StartFailed,
    State,
    Supervisor,
    rss_bytes,
    spawn,
)

QUICK = Restart(first=0.01, cap=0.05, jitter=0.0, crashes=3, window=60.0)
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


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is awaited has no event of its own
        await asyncio.sleep(0.005)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_child_announces_itself_and_is_stopped_gracefully() -> None:
    async def scenario() -> None:
        process = await spawn(python(SERVE))
        ready = await process.ready()
        assert ready.info == {"addr": "here"}
        assert ready.pid == process.pid
        assert (process.rss_bytes() or 0) > 1_000_000
        ended = await process.stop()
        assert (ended.code, ended.signal) == (None, signal.SIGTERM)
        assert not process.alive
        assert process.rss_bytes() is None

    run(scenario())


def test_the_environment_is_exactly_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_LEAK", "1")

    async def scenario() -> None:
        code = "import json, os, signal; print('READY', json.dumps(dict(os.environ)), flush=True); signal.pause()"
        process = await spawn(python(code, env={"ONLY": "this"}))
        seen = dict((await process.ready()).info)
        seen.pop("LC_CTYPE", None)  # Python's own locale coercion adds it
        assert seen == {"ONLY": "this"}
        await process.stop()

    run(scenario())


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    async def scenario() -> None:
        code = (
            "import signal; signal.signal(15, signal.SIG_IGN); print('READY {}', flush=True)\nwhile 1: signal.pause()"
        )
        process = await spawn(python(code), patience=Patience(grace=0.2))
        assert (await process.stop()).signal == signal.SIGKILL

    run(scenario())


def test_a_stage_that_takes_too_long_is_named() -> None:
    async def scenario() -> None:
        code = "import signal; print('STAGE verifying'); print('STAGE loading', flush=True); signal.pause()"
        with pytest.raises(StartFailed) as failed:
            await spawn(python(code), patience=Patience(stages={"loading": 0.2}))
        assert failed.value.code == "stage_timeout"
        assert "'loading' took more than 0.2 s" in failed.value.reason

    run(scenario())


def test_each_stage_has_a_clock_of_its_own() -> None:
    async def scenario() -> None:
        code = "import time\nfor stage in 'abcd': print('STAGE', stage, flush=True); time.sleep(0.3)\nprint('READY {}')"
        process = await spawn(python(code), patience=Patience(stages=dict.fromkeys("abcd", 1.0)))
        assert (await process.ready()).seconds > 1.0
        await process.stop()

    run(scenario())


@pytest.mark.parametrize(
    ("code", "expected", "final"),
    [
        ('print(\'FAILED {"code": "bad_model", "reason": "not a GGUF"}\')', ("bad_model", "not a GGUF"), True),
        ("print('READY nonsense')", ("bad_ready_line", "READY was not followed by a JSON object"), False),
        ("raise SystemExit(3)", ("exited", "the process exited with code 3 in stage 'start'"), False),
    ],
)
def test_a_failed_start_says_why(code: str, expected: tuple[str, str], final: bool) -> None:
    async def scenario() -> None:
        with pytest.raises(StartFailed) as failed:
            await spawn(python(code))
        assert (failed.value.code, failed.value.reason) == expected
        assert failed.value.final is final

    run(scenario())


def test_a_failed_start_brings_the_end_of_the_log() -> None:
    async def scenario() -> None:
        with pytest.raises(StartFailed) as failed:
            await spawn(python("import sys; sys.exit('the tensor is torn')"))
        assert failed.value.tail == ("the tensor is torn",)

    run(scenario())


def test_a_program_that_does_not_exist() -> None:
    async def scenario() -> None:
        with pytest.raises(StartFailed) as failed:
            await spawn(Command(("/no/such/program",), env={}))
        assert "cannot run /no/such/program" in "".join(failed.value.tail)

    run(scenario())


def test_a_working_directory_that_does_not_exist(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(StartFailed) as failed:
            await spawn(Command(("/bin/true",), env={}, cwd=tmp_path / "absent"))
        assert failed.value.code == "cannot_spawn"
        assert failed.value.final

    run(scenario())


def test_grandchildren_do_not_outlive_the_child() -> None:
    async def scenario() -> None:
        code = """
            import subprocess, signal, json
            child = subprocess.Popen(["/bin/sleep", "600"])
            print("READY", json.dumps({"grandchild": child.pid}), flush=True)
            signal.pause()
        """
        process = await spawn(python(code))
        grandchild = int(str((await process.ready()).info["grandchild"]))
        os.kill(process.pid, signal.SIGKILL)
        assert (await process.wait()).signal == signal.SIGKILL
        assert eventually(lambda: gone(grandchild))

    run(scenario())


def test_a_child_dies_with_a_server_that_is_killed() -> None:
    server = """
        import asyncio, sys
        from modelyard.infra.processes import Command, spawn
        async def main():
            code = "import signal; print('READY {}', flush=True); signal.pause()"
            process = await spawn(Command((sys.executable, "-I", "-S", "-c", code), env={}))
            print(process.pid, flush=True)
            await asyncio.sleep(600)
        asyncio.run(main())
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(server)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
        parent.wait()
        assert eventually(lambda: gone(child))


def test_the_leash_refuses_a_parent_that_is_gone() -> None:
    from modelyard.infra.processes import leash

    assert leash.main(["leash", str(os.getpid()), "/bin/true"]) == leash.PARENT_IS_GONE


def test_an_endless_line_does_not_fill_memory() -> None:
    async def scenario() -> None:
        code = "import signal; print('x' * 1_000_000); print('READY {}', flush=True); signal.pause()"
        process = await spawn(python(code))
        assert all(len(line) <= 4096 for line in process.log.tail())
        await process.stop()

    run(scenario())


def test_secrets_never_reach_the_log() -> None:
    async def scenario() -> None:
        code = """
            import os, signal
            print("listening with", os.environ["KEY"])
            print("READY {}", flush=True); signal.pause()
        """
        process = await spawn(python(code, env={"KEY": "s3cr3t-value"}, secrets=("s3cr3t-value",)))
        await process.stop()
        assert process.log.tail() == ("listening with [redacted]",)

    run(scenario())


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer abcdefgh",
        "api_key=abcdefgh",
        '"password": "abcdefgh"',
        "token: abcdefgh",
        "bearer abcdefgh",
    ],
)
def test_what_looks_like_a_credential_is_blotted_out(line: str) -> None:
    ring = LogRing()
    ring.append(line)
    assert "abcdefgh" not in ring.tail()[0]


def test_ordinary_lines_are_kept_as_they_are() -> None:
    ring = LogRing(2)
    for line in ("one", "64 tokens per second", "basic checks passed"):
        ring.append(line)
    assert ring.tail() == ("64 tokens per second", "basic checks passed")
    assert ring.tail(1) == ("basic checks passed",)


def test_a_supervisor_restarts_a_child_that_was_killed() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        supervisor = Supervisor(lambda: python(SERVE), restart=QUICK, notify=events.append)
        first = await supervisor.start()
        assert await supervisor.start() == first
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: supervisor.state is not State.READY)
        second = await supervisor.ready()
        assert second.pid != first.pid
        assert (supervisor.rss_bytes() or 0) > 0
        await supervisor.stop()
        assert supervisor.state is State.STOPPED
        assert gone(second.pid)
        assert [type(event) for event in events] == [Started, Ready, Exited, Started, Ready, Exited]
        assert [event.asked for event in events if isinstance(event, Exited)] == [False, True]
        assert [event.attempt for event in events if isinstance(event, Started)] == [1, 2]

    run(scenario())


def test_a_crash_loop_is_broken_with_the_reason_and_can_be_started_again() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        supervisor = Supervisor(lambda: python("raise SystemExit(9)"), restart=QUICK, notify=events.append)
        for _ in range(2):
            events.clear()
            with pytest.raises(StartFailed) as failed:
                await supervisor.start()
            assert failed.value.code == "crash_loop"
            assert "3 failures" in failed.value.reason
            assert "code 9" in failed.value.reason
            assert supervisor.state is State.GAVE_UP
            assert sum(isinstance(event, Started) for event in events) == QUICK.crashes
            assert isinstance(events[-1], GaveUp)

    run(scenario())


def test_a_final_failure_is_not_tried_again() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        code = 'print(\'STAGE loading\'); print(\'FAILED {"code": "bad_model", "reason": "torn"}\')'
        supervisor = Supervisor(lambda: python(code), restart=QUICK, notify=events.append)
        with pytest.raises(StartFailed) as failed:
            await supervisor.start()
        assert failed.value.code == "bad_model"
        assert [type(event) for event in events] == [Started, Staged, Exited, GaveUp]

    run(scenario())


def test_each_start_has_its_own_plan() -> None:
    async def scenario() -> None:
        keys = iter(("first", "second"))
        code = "import json, os, signal; print('READY', json.dumps(dict(os.environ)), flush=True); signal.pause()"
        supervisor = Supervisor(lambda: python(code, env={"KEY": next(keys)}), restart=QUICK)
        assert (await supervisor.start()).info["KEY"] == "first"
        await supervisor.stop()
        assert (await supervisor.start()).info["KEY"] == "second"
        await supervisor.stop()

    run(scenario())


def test_a_stop_during_the_start_ends_it() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(lambda: python("import signal; signal.pause()"), restart=QUICK)
        starting = asyncio.create_task(supervisor.start())
        await until(lambda: supervisor.rss_bytes() is not None)
        await supervisor.stop()
        with pytest.raises(StartFailed) as failed:
            await starting
        assert failed.value.code == "stopped"

    run(scenario())


def test_a_stop_while_waiting_to_restart_does_not_wait() -> None:
    async def scenario() -> None:
        slow = Restart(first=600.0, cap=600.0)
        supervisor = Supervisor(lambda: python("raise SystemExit(1)"), restart=slow)
        starting = asyncio.create_task(supervisor.start())
        await until(lambda: supervisor.state is State.WAITING)
        await supervisor.stop()
        with pytest.raises(StartFailed):
            await starting

    run(scenario())


def test_ready_before_start_is_refused_and_stop_is_harmless() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(lambda: python(SERVE))
        await supervisor.stop()
        assert supervisor.rss_bytes() is None
        with pytest.raises(StartFailed):
            await supervisor.ready()

    run(scenario())


def test_a_broken_listener_does_not_end_supervision() -> None:
    async def scenario() -> None:
        def broken(event: Event) -> None:
            raise RuntimeError(event)

        supervisor = Supervisor(lambda: python(SERVE), notify=broken)
        await supervisor.start()
        await supervisor.stop()

    run(scenario())


def test_a_cancelled_start_leaves_no_process_behind() -> None:
    async def scenario() -> None:
        pids: list[int] = []

        def note(event: Event) -> None:
            if isinstance(event, Started):
                pids.append(event.pid)

        supervisor = Supervisor(lambda: python("import signal; signal.pause()"), notify=note)
        starting = asyncio.create_task(supervisor.start())
        await until(lambda: bool(pids))
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert supervisor.state is State.STARTING  # another caller may still wait for it
        await supervisor.stop()
        assert gone(pids[0])

    run(scenario())


def test_memory_of_a_process_that_does_not_exist() -> None:
    assert rss_bytes(2**22 + 1) is None


@given(restarts=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_the_backoff_grows_to_its_cap_and_never_beyond(restarts: int, chance: float) -> None:
    rule = Restart(first=0.5, factor=2.0, cap=30.0, jitter=0.25)
    delay = rule.delay(restarts, chance)
    assert 0.5 * 0.75 <= delay <= 30.0
    assert rule.delay(restarts + 1, 0.0) >= rule.delay(restarts, 0.0)
