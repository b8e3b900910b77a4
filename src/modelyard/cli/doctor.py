"""Say what is wrong here, and what to do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from modelyard.cli.options import AsJson, Data
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.infra.doctor import Check, Examined, Finding, Patient

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor(*, data: Data = None, as_json: AsJson = False) -> int:
    """Say what is wrong with this installation and what to do; exit code 1 when something fails."""
    from modelyard.cli.output import result
    from modelyard.cli.workplace import settings_of
    from modelyard.infra import SystemClock
    from modelyard.infra.doctor import Patient, Verdict, examine

    examined = list(examine(Patient(settings_of(data), SystemClock()), checks()))
    worst = "fail" if any(each.finding.verdict is Verdict.FAIL for each in examined) else "ok"
    result(
        {"verdict": worst, "checks": [_document(each) for each in examined]},
        "\n".join(_paragraph(each) for each in examined),
        as_json=as_json,
    )
    return 1 if worst == "fail" else 0


def checks() -> "Mapping[str, Check]":
    """Return every check that this release knows, in the order in which they help each other."""
    from modelyard.infra.doctor import INSTALLATION, MACHINE, loads

    return {**MACHINE, **INSTALLATION, "engine": loads("xllamacpp", "cpu"), "books": _books}


def _books(patient: "Patient") -> "Finding":
    from modelyard import ledger, metering
    from modelyard.infra import migrate
    from modelyard.infra.doctor import fail, ok, warn

    if not patient.has_database:
        return ok(N_("There are no books yet."))
    with patient.database() as db:
        if migrate.current(db) != migrate.head():
            return ok(N_("The books can be looked at when the database is at this release's revision."))
        with db.reader() as session:
            report = ledger.verify(session, (*ledger.CHECKS, *metering.CHECKS), now=patient.clock.now())
    holds = sum(1 for finding in report.findings if finding.check == "hold_resolved")
    if len(report.findings) > holds:
        return fail(
            N_("The books are wrong in {count} places, the first: {check} of {subject}."),
            N_("Stop taking payments, keep a backup, and read `modelyard ledger verify`."),
            count=len(report.findings) - holds,
            check=next(finding.check for finding in report.findings if finding.check != "hold_resolved"),
            subject=next(finding.subject for finding in report.findings if finding.check != "hold_resolved"),
        )
    if holds:
        return warn(
            N_("{holds} holds are open long after their time."),
            N_("Start the server: it resolves them. If it runs, look in its log for the keeper."),
            holds=holds,
        )
    return ok(N_("The books are right: {transactions} transactions."), transactions=report.transactions)


def _document(examined: "Examined") -> dict[str, object]:
    from modelyard.cli.output import spoken

    finding = examined.finding
    return {
        "check": examined.check,
        "verdict": finding.verdict.value,
        "found": spoken(finding.sentence, **finding.data),
        "advice": spoken(finding.advice, **finding.data) if finding.advice else "",
        "data": dict(finding.data),
    }


def _paragraph(examined: "Examined") -> str:
    document = _document(examined)
    line = f"{document['verdict']:<4}  {document['check']:<12}  {document['found']}"
    return f"{line}\n{'':20}{document['advice']}" if document["advice"] else line
