"""What may not be written, wherever it is written.

Each rule began with a fault: a note that nobody came back to, a silenced checker that hid a bug, a path that was right
on one machine, an amount of money that passed through a binary fraction.
"""

import ast
import re
from pathlib import Path

from tests.house.source import PACKAGE, ROOT, TESTS, called, place, python, text, tracked, verdict, walk

PROSE = (".py", ".md", ".html", ".css", ".js", ".toml", ".sh", "Makefile", ".ci/run")
THIS = Path(__file__).resolve()
MONEY_ROOMS = ("economics", "pricing", "ledger", "metering", "billing")
BRITISH = re.compile(
    r"\b(licence[sd]?|organisation\w*|behaviour\w*|colour\w*|favourite\w*|catalogue[sd]?|centre[sd]?|analyse[sd]?"
    r"|(initial|serial|normal|recogn|author|optim|summar|util)is(e[sd]?|ing|ation)|artefact\w*|labelled)\b",
    re.IGNORECASE,
)


def test_no_note_to_self_stays_behind() -> None:
    offences = _lines_matching(r"\b(TODO|FIXME|HACK)\b|(#|//|<!--)\s*XXX\b", PROSE)
    verdict(offences, "Do it, or file it where the work is planned.")


def test_silencing_a_checker_names_its_code_and_its_reason() -> None:
    silenced = re.compile(r"#\s*(?:type:\s*ignore|noqa|pragma:\s*no cover|nosec)")
    argued = re.compile(
        r"#\s*type:\s*ignore\[[\w, -]+\]\s*#\s*\S.{3,}|#\s*noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+-\s+\S.{3,}"
        r"|#\s*pragma:\s*no cover\s+-\s+\S.{3,}"
    )
    offences = [
        f"{place(path, number)}: {line.strip()}"
        for path in python(ROOT)
        for number, line in enumerate(text(path).splitlines(), 1)
        if path != THIS and silenced.search(line) and not argued.search(line)
    ]
    verdict(offences, "Write `# noqa: RULE - because ...` or `# type: ignore[code]  # because ...`.")


def test_a_broad_except_argues() -> None:
    # Four of five handlers in the worst codebase measured were broad, and each hid a different bug.
    offences = []
    for path, node in walk(ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
        reraises = any(isinstance(part, ast.Raise) and part.exc is None for part in ast.walk(node))
        if broad and not reraises and "#" not in text(path).splitlines()[node.lineno - 1]:
            offences.append(place(path, node))
    verdict(offences, "Catch what can happen, or say beside the `except` why all of it must be caught.")


def test_money_never_passes_through_a_binary_fraction() -> None:
    # 0.1 + 0.2 is not 0.3 in binary; SQLite's decimals are floats underneath; `/` makes a float of two integers.
    folders = [PACKAGE / room for room in MONEY_ROOMS] + [PACKAGE / "kernel" / "money.py"]
    offences = [
        f"{place(path, node)}: {ast.unparse(node)}"
        for path, node in walk(ast.Call, ast.Constant, ast.BinOp)
        if _is_binary_fraction(node) and any(path.is_relative_to(room) for room in folders)
    ]
    verdict(offences, "Count atoms; divide once, with a rounding rule that has a name.")


def _is_binary_fraction(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    return called(node) == "float" or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))


def test_no_path_of_one_machine() -> None:
    offences = _lines_matching(r"(?<![\w.~}$/-])/(?:home|root|work|Users|mnt)/\w", (*PROSE, ".txt", ".json", ".po"))
    verdict(offences, "Paths are relative to the project or come from settings.")


def test_no_address_of_a_package_registry() -> None:
    # A lock file pins names, versions and digests; where they come from is the machine's own setting.
    registries = r"(?:pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|deb\.debian\.org)"
    offences = _lines_matching(registries, (*PROSE, ".txt", ".json", ".cfg", ".npmrc"))
    verdict(offences, "Leave the registry to the client's configuration.")


def test_american_spelling() -> None:
    # SPDX and the clients write "license"; two spellings of one word make two names.
    offences = [
        f"{place(path, number)}: {found.group()}"
        for path in tracked(".py", ".md", ".html", ".toml", ".po")
        for number, line in enumerate(text(path).splitlines(), 1)
        for found in BRITISH.finditer(line)
        if path != THIS
    ]
    verdict(offences, "Spell as the field does.")


def test_no_script_outside_files() -> None:
    # The content security policy has no 'unsafe-inline': an inline handler is a button that does nothing.
    offences = _lines_matching(
        r"\son(click|submit|change|input|load|error|focus|blur|key\w+|mouse\w+)=|javascript:|\sstyle=\"", (".html",)
    )
    verdict(offences, "Behavior belongs to a custom element, looks to a class.")


def _lines_matching(pattern: str, suffixes: tuple[str, ...]) -> list[str]:
    searched = re.compile(pattern)
    return [
        f"{place(path, number)}: {line.strip()[:100]}"
        for path in tracked(*suffixes)
        if path != THIS and not path.is_relative_to(TESTS / "fixtures")
        for number, line in enumerate(text(path).splitlines(), 1)
        if searched.search(line)
    ]
