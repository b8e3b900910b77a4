"""Children: READY protocol, time-outs, no orphans, no secrets in logs. Real processes throughout."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from modelyard.infra.processes import (
    Command,
    LogRing,
    Patience,
    StartFailed,
    rss_bytes,
    spawn,
)
from tests.infra.children import SERVE, gone, python, run
from tests.support.waiting import eventually


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


def test_memory_of_a_process_that_does_not_exist() -> None:
    assert rss_bytes(2**22 + 1) is None
