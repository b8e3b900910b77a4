"""Tests are read as often as the code: they live where it lives, and they never wait and hope.

A sleep that is long enough on one machine is a failure on a slower one, and a minute lost on every other. A wait is a
question asked again until a deadline, in one place: `tests/support/`.
"""

import ast
from pathlib import Path

from tests.house.source import PACKAGE, TESTS, called, place, python, text, tree, verdict, walk

# Tests of more than one room, by what they drive.
ACROSS_ROOMS = {"benchmarks", "browser", "crash", "demo", "fixtures", "house", "soak", "support", "tools", "wires"}
SLEEPS = {"time.sleep", "sleep", "asyncio.sleep", "anyio.sleep"}


def test_no_test_sleeps_and_hopes() -> None:
    offences = [
        place(path, node)
        for path, node in walk(ast.Call, folder=TESTS)
        if called(node) in SLEEPS
        and not (isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "0")
        and not _polls_with_a_deadline(path, node)
    ]
    verdict(offences, "Poll with a deadline (tests/support), or wait for the event itself.")


def test_no_test_is_skipped_without_a_reason() -> None:
    offences = []
    for path, node in walk(ast.Call, folder=TESTS):
        assert isinstance(node, ast.Call)
        if not called(node).endswith(("mark.skip", "mark.skipif", "mark.xfail", "pytest.skip", "pytest.xfail")):
            continue
        named = any(word.arg == "reason" for word in node.keywords)
        if not named and not (called(node).startswith("pytest.s") and node.args):
            offences.append(place(path, node))
    verdict(offences, "A skipped test says what it waits for.")


def test_tests_mirror_the_rooms() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    offences = [
        place(path)
        for path in python(TESTS)
        if path.parent != TESTS and path.relative_to(TESTS).parts[0] not in rooms | ACROSS_ROOMS
    ]
    verdict(offences, "Put a test in the folder of the room that it tests.")


def test_every_test_file_tests() -> None:
    # A file that pytest does not collect is a test that nobody runs.
    offences = [
        place(path)
        for path in python(TESTS)
        if path.name.startswith("test_") and "def test_" not in text(path) and "RuleBasedStateMachine" not in text(path)
    ]
    offences += [
        place(path, node)
        for path, node in walk(ast.FunctionDef, folder=TESTS)
        if isinstance(node, ast.FunctionDef) and _lost(path, node)
    ]
    verdict(offences, "Name the file `test_*.py`; a suite that several files share is a `*_conformance.py`.")


def _lost(path: Path, node: ast.FunctionDef) -> bool:
    collected_elsewhere = "conformance" in path.name or "suite" in path.name
    return node.name.startswith("test_") and not path.name.startswith("test_") and not collected_elsewhere


def _polls_with_a_deadline(path: Path, call: ast.AST) -> bool:
    line = getattr(call, "lineno", 0)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            return "deadline" in (ast.get_source_segment(text(path), node) or "")
    return False
