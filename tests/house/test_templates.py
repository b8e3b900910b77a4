"""Templates hold what a page must never lack, or never have.

A form without its token can be sent by another site; `|safe` on a model card runs a script that a stranger wrote.
"""

import re

from tests.house.source import PACKAGE, place, text, tracked, verdict

FORM = re.compile(r"<form\b[^>]*method=\"?post.*?</form>", re.IGNORECASE | re.DOTALL)
HARMLESS = 'action="/settings/appearance"'  # Language and theme: two cookies, no account.
SCRIPT_LINES = 80


def test_every_form_that_changes_something_carries_its_token() -> None:
    offences = [
        place(path, text(path)[: form.start()].count("\n") + 1)
        for path in tracked(".html")
        for form in FORM.finditer(text(path))
        if "csrf" not in form.group() and HARMLESS not in form.group()
    ]
    verdict(offences, "Use ui.form, or put {{ csrf }} into the form.")


def test_no_template_switches_escaping_off() -> None:
    offences = [
        f"{place(path, number)}: {line.strip()}"
        for path in tracked(".html")
        for number, line in enumerate(text(path).splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape\s+false", line)
    ]
    verdict(offences, "Hand the template a Markup that was sanitized or rendered with escaping.")


def test_every_page_is_whole() -> None:
    # A page that does not extend a layout has no language, no title and no policy for screen readers.
    offences = [
        place(path)
        for path in tracked(".html")
        if path.is_relative_to(PACKAGE) and "<html" in text(path) and not re.search(r"<html[^>]* lang=", text(path))
    ]
    verdict(offences, "Say the page's language.")


def test_scripts_stay_small() -> None:
    # What is alive on a page is an element of its own; an application in the browser is not ours to build.
    lengths = {path: len(text(path).splitlines()) for path in tracked(".js") if path.is_relative_to(PACKAGE)}
    offences = [f"{place(path)}: {lines} lines" for path, lines in lengths.items() if lines > SCRIPT_LINES]
    verdict(offences, f"One element a file, at most {SCRIPT_LINES} lines.")
