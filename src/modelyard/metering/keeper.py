"""The keeper: proves that this process lives, and resolves the holds that nobody will resolve any more.

A hold is left behind when its process died or when its time ran out. It is settled at its last checkpoint, marked as
estimated, or given back when there is none: in doubt the customer does not pay. Each resolution is one work of the
writer and flips the hold's state only if the row is as it was read, so that a settlement or a checkpoint that comes
first wins, and two keepers never resolve a hold twice. Clocks of servers differ, so a process judges only the times
that it wrote itself, and who is dead is judged by the clock of the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from modelyard.infra import Statements, Writer, mint, to_micros
from modelyard.infra.pump import Pump
from modelyard.kernel import Clock, DomainError
from modelyard.metering import store
from modelyard.metering.settlement import Settlement, give_back
from modelyard.metering.values import Hold, HoldState, ProcessId, Usage

_log = structlog.get_logger(__name__)

BEAT = timedelta(seconds=15)
DEAD_AFTER = timedelta(seconds=60)
_DEAD_AFTER = DEAD_AFTER // timedelta(microseconds=1)
_BATCH = 200

Left = tuple[Hold, Usage | None]


@dataclass(frozen=True, slots=True)
class Swept:
    """How many holds were settled at their last checkpoint, and how many were given back."""

    settled: int = 0
    expired: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.settled + other.settled, self.expired + other.expired)


class Keeper:
    """Keeps this process's lease and sweeps, in a thread of its own.

    keeper = Keeper(writer, clock, alone=db.is_sqlite)
    keeper.start()                                    # before the first hold
    counter = Counter(writer, clock, keeper.process)
    keeper.stop()                                     # after the last one

    `alone` says that no other process may hold: on SQLite there is one server, so whatever else has a lease is dead.
    """

    def __init__(self, writer: Writer, clock: Clock, *, alone: bool) -> None:
        self.process = ProcessId(mint("boot", clock))
        self.total = Swept()
        self._writer = writer
        self._clock = clock
        self._alone = alone
        self._pump = Pump("modelyard-keeper", self._step)

    def start(self) -> None:
        """Take the lease and sweep what the last process left; then keep doing so until `stop`."""
        if self._alone:
            self._writer.submit(store.end_all_leases).result()
        self.beat()
        self.sweep()
        self._pump.start()

    def stop(self) -> None:
        """Give up the lease: whatever is still open is nobody's, and the next keeper resolves it."""
        self._pump.ask_to_stop()
        self._pump.join(timeout=10)
        self._writer.submit(lambda statements: store.end_lease(statements, self.process)).result()

    def beat(self) -> None:
        """Say that this process lives, and end the leases of those that have been silent too long."""
        own = to_micros(self._clock.now())
        self._writer.submit(lambda statements: store.beat(statements, self.process, own, _DEAD_AFTER)).result()

    def sweep(self) -> Swept:
        """Resolve every hold of this process that is overdue, or whose process is dead; again finds nothing."""
        done = Swept()
        before = to_micros(self._clock.now())
        for reason, find in (
            ("dead", lambda statements: store.orphaned(statements, _BATCH)),
            ("overdue", lambda statements: store.overdue(statements, self.process, before, _BATCH)),
        ):
            done += self._sweep_all(reason, find)
        self.total += done
        return done

    def _sweep_all(self, reason: str, find: Callable[[Statements], list[Left]]) -> Swept:
        done = Swept()
        while left := self._writer.submit(find).result():
            outcomes = [self._resolve(reason, hold, usage) for hold, usage in left]
            done = sum(outcomes, done)
            if len(left) < _BATCH or not any(outcome != Swept() for outcome in outcomes):
                break
        return done

    def _resolve(self, reason: str, hold: Hold, usage: Usage | None) -> Swept:
        try:
            swept = self._settle(hold, usage) if usage else self._expire(hold)
        except DomainError:  # somebody else resolved it between our reading and our writing
            return Swept()
        except Exception:  # noqa: BLE001 - one bad hold must not keep the others open
            _log.exception("metering.hold_not_swept", request=hold.request, account=hold.ask.account)
            return Swept()
        if swept != Swept():
            _log.warning("metering.hold_swept", request=hold.request, reason=reason, settled=bool(usage))
        return swept

    def _settle(self, hold: Hold, usage: Usage) -> Swept:
        settlement = Settlement(hold, usage, self._clock, swept=True)
        self._writer.submit(settlement).result()
        return Swept(settled=1)

    def _expire(self, hold: Hold) -> Swept:
        at = to_micros(self._clock.now())

        def work(statements: Statements) -> Swept:
            return Swept(expired=int(give_back(statements, hold, HoldState.EXPIRED, at, unmoved=True)))

        return self._writer.submit(work).result()

    def _step(self) -> float:
        self.beat()
        self.sweep()
        return BEAT.total_seconds()
