"""What the operator watches: holds that are open, holds that had to be swept, and whether the books add up."""

from collections.abc import Mapping

from modelyard import ledger
from modelyard.infra import Database
from modelyard.infra.telemetry import Metrics
from modelyard.kernel import Clock
from modelyard.metering import reading
from modelyard.metering.checks import CHECKS
from modelyard.metering.keeper import Keeper

HOLDS = "modelyard_holds_open"
SWEPT = "modelyard_holds_swept"
FINDINGS = "modelyard_ledger_findings"


class Books:
    """The outcome of the last verification, and the verb that renews it; a job calls it on a schedule."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.report: ledger.Report | None = None

    def verify(self) -> ledger.Report:
        """Run every check on one snapshot and remember the outcome."""
        with self._db.reader() as session:
            self.report = ledger.verify(session, (*ledger.CHECKS, *CHECKS), now=self._clock.now())
        return self.report


def watch(metrics: Metrics, db: Database, keeper: Keeper, books: Books) -> None:
    """Have open and swept holds, and the findings of the last verification by check, read with the numbers."""

    def open_now() -> Mapping[tuple[str, ...], float]:
        with db.reader() as session:
            return {(): reading.open_holds(session)}

    def swept() -> Mapping[tuple[str, ...], float]:
        return {("settled",): keeper.total.settled, ("expired",): keeper.total.expired}

    def findings() -> Mapping[tuple[str, ...], float]:
        if books.report is None:
            return {}
        found = [finding.check for finding in books.report.findings]
        return {(check.name,): found.count(check.name) for check in books.report.checks}

    metrics.levels(HOLDS, "Requests that hold credit now.", (), open_now)
    metrics.levels(SWEPT, "Holds of dead or silent requests, by how they were resolved.", ("outcome",), swept)
    metrics.levels(FINDINGS, "Broken promises of the books at the last verification, by check.", ("check",), findings)
