"""The books, by the operator: does everything still add up?"""

from typing import TYPE_CHECKING

import typer

from modelyard.cli.options import AsJson, Data

if TYPE_CHECKING:
    from modelyard.infra import Catalogs
    from modelyard.ledger import Report

app = typer.Typer(
    help="The ledger: check that every promise of the books holds.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _ledger() -> None:
    """The ledger: check that every promise of the books holds."""


@app.command()
def verify(*, data: Data = None, as_json: AsJson = False) -> int:
    """Check every promise of the books on one snapshot, beside a running server; exit code 1 when one is broken."""
    from modelyard import ledger, metering
    from modelyard.cli.output import result
    from modelyard.cli.workplace import opened

    with opened(data) as infra:
        with infra.db.reader() as session:
            report = ledger.verify(session, (*ledger.CHECKS, *metering.CHECKS), now=infra.clock.now())
        result(_document(report), _text(report, infra.catalogs), as_json=as_json)
    return 0 if report.ok else 1


def _document(report: "Report") -> dict[str, object]:
    findings = [
        {"check": each.check, "subject": each.subject, "found": each.found, "expected": each.expected}
        for each in report.findings
    ]
    counts = {"transactions": report.transactions, "entries": report.entries}
    return {"ok": report.ok, **counts, "checks": [check.name for check in report.checks], "findings": findings}


def _text(report: "Report", catalogs: "Catalogs") -> str:
    from modelyard.cli.output import table
    from modelyard.infra.terminal import terminal_locale

    locale, broken = terminal_locale(), {each.check for each in report.findings}
    rows = [
        ("BROKEN" if check.name in broken else "ok", check.name, catalogs.gettext(locale, check.promise))
        for check in report.checks
    ]
    lines = [f"{each.check}  {each.subject}: {each.found} != {each.expected}" for each in report.findings]
    counted = f"{report.transactions} transactions, {report.entries} entries"
    return "\n".join([table(rows), *lines, counted])
