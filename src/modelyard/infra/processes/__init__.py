"""Child processes: started with an explicit environment, watched, restarted, never orphaned.

Heavy and fallible work (a model runtime in C++, a pack parser) runs in a process of its own, so that an abort or an
out-of-memory kill there cannot take the hub, its ledger and its database along.

The protocol is lines on the child's standard output; every other line of stdout and stderr goes to a log ring:

- `STAGE <name>`: progress before READY; starts the clock of `Patience.stages[name]`.
- `READY <json object>`: it serves; the object is handed to whoever waits (an address, a version).
- `FAILED <json object>`: `{"code": ..., "reason": ...}`: it cannot start and another try would not help.

`spawn` runs a child once; a `Supervisor` keeps one alive. Both belong to one event loop and are not thread-safe,
except `LogRing.tail`. Give work to children here; never fork the server, and never start a shell.
"""

from modelyard.infra.processes.log import LogRing
from modelyard.infra.processes.process import Process, rss_bytes, spawn
from modelyard.infra.processes.supervisor import Supervisor
from modelyard.infra.processes.words import (
    Command,
    Event,
    Exit,
    Exited,
    GaveUp,
    Info,
    Notify,
    Patience,
    Ready,
    Restart,
    Staged,
    Started,
    StartFailed,
    State,
)

__all__ = [
    "Command",
    "Event",
    "Exit",
    "Exited",
    "GaveUp",
    "Info",
    "LogRing",
    "Notify",
    "Patience",
    "Process",
    "Ready",
    "Restart",
    "Staged",
    "StartFailed",
    "Started",
    "State",
    "Supervisor",
    "rss_bytes",
    "spawn",
]
