"""Small is enforced.

Every codebase that people praise has a median file of about 90 lines and a median function of 8. What separates them
is the tail: each has one service or app module that ate the rest, of 2,000 to 22,000 lines. So the tail is what we cut.
"""

import ast
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, Function, place, python, text, verdict, walk

FILE_LINES = 400
FUNCTION_LINES = 40
PUBLIC_METHODS = 12
MIGRATIONS = PACKAGE / "infra" / "migrations" / "versions"  # A migration is a list of tables, written once.


@pytest.mark.parametrize("folder", [PACKAGE, ROOT / "tests", ROOT / "tools", ROOT / "benchmarks"], ids=lambda p: p.name)
def test_no_file_is_longer_than_a_reader_can_hold(folder: Path) -> None:
    lengths = {path: len(text(path).splitlines()) for path in python(folder)}
    offences = [f"{place(path)}: {lines} lines" for path, lines in lengths.items() if lines > FILE_LINES]
    verdict(offences, f"A noun that outgrows {FILE_LINES} lines becomes its own file.")


def test_no_function_is_longer_than_a_screen() -> None:
    offences = []
    for path, node in walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, Function)
        lines = (node.end_lineno or 0) - node.lineno + 1 - _docstring_lines(node)
        if lines > FUNCTION_LINES and MIGRATIONS not in path.parents:
            offences.append(f"{place(path, node)}: {node.name} has {lines} lines besides its docstring")
    verdict(offences, f"Name the parts of a function that needs more than {FUNCTION_LINES} lines.")


def test_no_class_has_more_verbs_than_fingers() -> None:
    offences = []
    for path, node in walk(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        public = [part for part in node.body if isinstance(part, Function) and not part.name.startswith("_")]
        if len(public) > PUBLIC_METHODS:
            offences.append(f"{place(path, node)}: {node.name} has {len(public)} public methods")
    verdict(offences, f"A class with more than {PUBLIC_METHODS} public methods is two nouns.")


def _docstring_lines(node: Function) -> int:
    if ast.get_docstring(node) is None:
        return 0
    return (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
