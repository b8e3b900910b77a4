"""What the rules of the house look at: the tracked files, parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "modelyard"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked(*suffixes: str) -> tuple[Path, ...]:
    """Return the files of the project, known to git or about to be, that end in one of these suffixes."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file() and (not suffixes or path.name.endswith(suffixes))))


def python(folder: Path = PACKAGE) -> list[Path]:
    """Return the Python files under a folder."""
    return [path for path in tracked(".py") if path.is_relative_to(folder)]


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(text(path), filename=str(path))


@cache
def text(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


def walk(*kinds: type[ast.AST], folder: Path = PACKAGE) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every syntax node of these kinds under a folder, with its file."""
    for path in python(folder):
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield path, node


def rooms() -> list[Path]:
    """Return the folders of the rooms, by name."""
    return sorted(path.parent for path in python() if path.name == "__init__.py" and path.parent.parent == PACKAGE)


def place(path: Path, line: int | ast.AST = 0) -> str:
    """Return `file:line` as editors read it, relative to the root of the project."""
    number = getattr(line, "lineno", 1) if isinstance(line, ast.AST) else line
    relative = path.relative_to(ROOT)
    return f"{relative}:{number}" if number else str(relative)


def called(node: ast.AST) -> str:
    """Return the dotted name that a call calls, as written; empty for anything else."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def verdict(offences: list[str], advice: str) -> None:
    """Fail with one line an offence and one of advice; pass when there is none."""
    if offences:
        pytest.fail("\n".join([f"{len(offences)} found. {advice}", *sorted(offences)]), pytrace=False)
