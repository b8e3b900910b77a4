"""A room opens with why, and its tables are its own.

Codebases with lovely rooms and no walls end with 50 of 62 rooms in one import cycle. import-linter holds the stack of
rooms (see pyproject.toml); the rules here hold what it cannot say once for every room, those to come included.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, place, python, rooms, tree, verdict, walk


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_opens_with_why_and_names_its_verbs(room: Path) -> None:
    door = tree(room / "__init__.py")
    names = [ast.unparse(target) for node in door.body if isinstance(node, ast.Assign) for target in node.targets]
    assert ast.get_docstring(door), f"{place(room)}: the front door says why the room exists"
    assert "__all__" in names or len(door.body) == 1, f"{place(room)}: the front door lists what it offers in __all__"


def test_the_edge_commits_and_the_inside_never_does() -> None:
    # A verb that commits cannot be part of a larger unit of work, and its audit row may outlive its change.
    offences = [
        f"{place(path, node)}: {ast.unparse(node.func)}()"
        for path, node in walk(ast.Call)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
        and ast.unparse(node.func.value).rsplit(".", 1)[-1] in {"session", "connection", "transaction", "db"}
        and not path.is_relative_to(PACKAGE / "infra")
    ]
    verdict(offences, "Open a unit of work at the edge; raise to roll it back.")


def test_tables_and_queries_are_entered_only_from_their_own_room() -> None:
    # Who reads another room's tables depends on its columns, and no wall shows it.
    offences = [
        f"{place(path, line)}: imports {module}"
        for path in python()
        for line, module in _imported(path)
        if _private_to_a_room(module) and not _within(path, module)
    ]
    verdict(offences, "Ask the other room's front door; let it grow the question that is missing.")


def _imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _private_to_a_room(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "modelyard" and not {"models", "store"}.isdisjoint(parts[2:])


def _within(path: Path, module: str) -> bool:
    room = module.split(".")[1]
    return path.is_relative_to(PACKAGE / room) or path.is_relative_to(PACKAGE / "app")


def test_no_module_keeps_state() -> None:
    # The largest module read has 182 assignments and 95 `global` statements: it cannot be started twice in a process.
    offences = [
        f"{place(path, node)}: {ast.unparse(node)[:60]}"
        for path in python()
        for node in tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _empty_container(node.value)
    ]
    verdict(offences, "State belongs to a value that `app.py` makes and passes on.")


def _empty_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) in {"dict", "list", "set", "defaultdict", "deque"} and not value.args
    return (isinstance(value, ast.Dict) and not value.keys) or (isinstance(value, ast.List) and not value.elts)
