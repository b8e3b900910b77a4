"""The supervisor of a child: restarts, backoff, crash loops, stops. Real processes throughout."""

import asyncio
import os
import signal

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from modelyard.infra.processes import (
    Event,
    Exited,
    GaveUp,
    Ready,
    Restart,
    Staged,
    Started,
    StartFailed,
    State,
    Supervisor,
)
from tests.infra.children import SERVE, gone, python, run
from tests.support.waiting import until

QUICK = Restart(first=0.01, cap=0.05, jitter=0.0, crashes=3, window=60.0)


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


@given(restarts=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_the_backoff_grows_to_its_cap_and_never_beyond(restarts: int, chance: float) -> None:
    rule = Restart(first=0.5, factor=2.0, cap=30.0, jitter=0.25)
    delay = rule.delay(restarts, chance)
    assert 0.5 * 0.75 <= delay <= 30.0
    assert rule.delay(restarts + 1, 0.0) >= rule.delay(restarts, 0.0)


def test_the_event_loop_of_the_server_does_as_well() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(lambda: python(SERVE), restart=QUICK)
        first = await supervisor.start()
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: supervisor.state is not State.READY)
        assert (await supervisor.ready()).pid != first.pid
        await supervisor.stop()

    uvloop.run(scenario())
