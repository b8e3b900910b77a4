"""Exec a program that the kernel kills when its parent dies.

Run as `python -I -S leash.py PARENT_PID PROGRAM [ARGUMENT ...]`; it becomes PROGRAM and costs it nothing afterwards.

Why a program of its own, and not `preexec_fn`: between fork and exec of a process that has threads, Python code may
wait for a lock that some other thread held at the fork, forever. Here the fork runs no Python at all; the death signal
is set after an exec, in a process with one thread, and survives the second exec. It is sent when the *thread* that
forked ends, so children are spawned from the event loop's thread, which lives as long as the server.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PARENT_IS_GONE = 125
CANNOT_EXEC = 127


def main(argv: list[str]) -> int:
    """Tie this process to its parent, then become the program; returns only when that is impossible."""
    parent, program = int(argv[1]), argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the signal was armed, so nobody would ever send it
        return PARENT_IS_GONE
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # the interpreter ignores them, and exec would pass that on
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvpe(program[0], program, os.environ)  # noqa: S606 - becoming another program is the whole purpose
    except OSError as error:
        sys.stderr.write(f"cannot run {program[0]}: {error.strerror}\n")
        return CANNOT_EXEC


if __name__ == "__main__":
    sys.exit(main(sys.argv))
