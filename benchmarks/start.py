"""Time from the command to the first 200, and memory at rest."""

import statistics
import time

from common import heading, pss_mib, server

ROUNDS = 5
REST = 3.0


def main() -> None:
    """Start a server on an empty folder several times; print the median and the memory of the last one."""
    heading("Start and rest (goal: first 200 within 2 s, 150 MB at rest)")
    starts, memory = [], 0.0
    for _ in range(ROUNDS):
        with server() as running:
            starts.append(running.started_in)
            time.sleep(REST)
            memory = pss_mib(running.process.pid)
    print("| what | median | worst |\n|---|---|---|")
    typical, worst = statistics.median(starts), max(starts)
    print(f"| empty folder to first 200, migrations included | {typical:.2f} s | {worst:.2f} s |")
    print(f"| PSS after {REST:.0f} s at rest | {memory:.0f} MiB | |")


if __name__ == "__main__":
    main()
