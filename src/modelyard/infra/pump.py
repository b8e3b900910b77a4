"""A thread that works while there is work and sleeps until it is woken or time is up."""

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)
_AFTER_A_FAULT = 1.0

Step = Callable[[], float]


class Pump:
    """Call `step` again and again; it returns the seconds to wait before the next call, 0 for none.

    A step that raises is logged and tried again a second later: a database that is away for a minute must not end the
    thread.
    """

    def __init__(self, name: str, step: Step) -> None:
        self._step = step
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Call the next step now."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        """Let the thread end after its present step."""
        self._stopping.set()
        self._woken.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end at most `timeout` seconds, and tell whether it came."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            if (pause := self._step_once()) > 0 and not self._stopping.is_set():
                self._woken.wait(pause)

    def _step_once(self) -> float:
        try:
            return self._step()
        except Exception:  # noqa: BLE001 - whatever it was, the next step may go well
            _log.exception("pump.step_failed", pump=self._thread.name)
            return _AFTER_A_FAULT
