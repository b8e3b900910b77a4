"""Write `docs/reference/` from the code, or check that it is what the code says.

python tools/reference.py           # write
python tools/reference.py --check   # leave 1 and name the pages that are stale

What is derivable is generated: the pages on errors, settings, commands, audit acts and events come from the classes,
fields, commands and calls themselves, so they cannot lag behind them.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer.main

from modelyard.infra import Settings
from modelyard.kernel import DomainError

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "modelyard"
FOLDER = ROOT / "docs" / "reference"
NOTICE = "<!-- Written by `make reference` from the code; edit the code instead. -->\n"


def errors() -> list[type[DomainError]]:
    """Return every failure that can be raised, by code."""
    for path in sorted(PACKAGE.rglob("errors.py")):
        importlib.import_module(_module(path))
    found: list[type[DomainError]] = []
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        children = waiting.pop().__subclasses__()
        waiting += children
        found += [child for child in children if "code" in vars(child) and child.__module__.startswith("modelyard.")]
    return sorted(found, key=lambda error: error.code)


def errors_page() -> str:
    """Render the table of failures, one section a room."""
    intro = (
        "Every failure has a stable `code`, which each wire carries in its own shape, with the data of the braces.\n"
    )
    parts = ["# Errors\n", intro]
    rooms: dict[str, list[type[DomainError]]] = {}
    for error in errors():
        rooms.setdefault(error.__module__.split(".")[1], []).append(error)
    for room, its_errors in sorted(rooms.items()):
        rows = [(f"`{e.code}`", e.kind.value, e.sentence, e.hint) for e in its_errors]
        parts += [f"## {room}\n", _table(("Code", "Kind", "What happened", "What to do next"), rows)]
    return "\n".join(parts)


def settings_page() -> str:
    """Render the settings with their defaults, as environment variables."""
    prefix = Settings.model_config.get("env_prefix", "")
    rows = [
        (f"`{prefix}{name.upper()}`", _default(field.default), field.description or "")
        for name, field in sorted(Settings.model_fields.items())
    ]
    intro = "Settings are environment variables, read once at the start. Options of a command win over them.\n"
    return "\n".join(["# Settings\n", intro, _table(("Variable", "Default", "What it does"), rows)])


def events_page() -> str:
    """Render the audit acts and outbox events that the verbs write, with where they are written."""
    parts = [
        "# Audit acts and events\n",
        "An act is written to the audit trail, and an event to the outbox, in the transaction that makes the change.\n",
        "## Acts\n",
        _table(("Act", "Room"), sorted(set(_acts()))),
        "## Events\n",
        _table(("Event", "Room", "Meaning"), sorted(_events())),
    ]
    return "\n".join(parts)


def commands_page() -> str:
    """Render every command with its arguments and options, as its help has them."""
    main = importlib.import_module("modelyard.cli.main")
    intro = (
        "Every command explains itself with `--help`. With `--json` it prints what the same call of the API answers.\n"
    )
    parts = ["# Commands\n", intro]
    for path, command in _commands(("modelyard",), typer.main.get_command(main.app)):
        parts += [f"## {' '.join(path)}\n", inspect.cleandoc(command.help or "").replace("\b\n", "") + "\n"]
        rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
        parts += [_table(("Argument", "Default", "What it does"), rows)] if rows else []
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": commands_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "settings.md": settings_page,
}


def render(name: str) -> str:
    """Return the whole text of a page as the code says it should be."""
    return NOTICE + "\n" + PAGES[name]().rstrip() + "\n"


def _commands(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - Typer's own click
    children = getattr(command, "commands", {})
    if not children or any(parameter.name != "help" for parameter in command.params):
        yield (*path, "...") if children else path, command
    for name, child in sorted(children.items()):
        yield from _commands((*path, name), child)


def _parameter(parameter: Any) -> tuple[str, str, str]:  # noqa: ANN401 - as above
    is_option = parameter.param_type_name == "option"
    names = ", ".join(f"`{name}`" for name in parameter.opts) if is_option else f"`{parameter.name.upper()}`"
    default = "required" if parameter.required else _default(parameter.default)
    return names, default, parameter.help or ""


def _module(path: Path) -> str:
    return "modelyard." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def _default(value: object) -> str:
    if value in ("", (), [], None):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{value}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(PACKAGE).parts[0].removesuffix(".py"), node


def _acts() -> Iterator[tuple[str, str]]:
    for room, node in _nodes():
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "act":
                literals = (part.value for part in ast.walk(keyword.value) if isinstance(part, ast.Constant))
                yield from ((f"`{act}`", room) for act in literals if isinstance(act, str) and "." in act)


def _events() -> Iterator[tuple[str, str, str]]:
    for room, node in _nodes():
        name = _record_name(node) if isinstance(node, ast.ClassDef) and _has_subject(node) else None
        if isinstance(node, ast.ClassDef) and name:
            yield f"`{name}`", room, (ast.get_docstring(node) or "").partition("\n")[0]


def _record_name(node: ast.ClassDef) -> str | None:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and ast.unparse(part.target) == "name" and part.value is not None:
            literal = ast.unparse(part.annotation) == "ClassVar[str]" and isinstance(part.value, ast.Constant)
            return str(ast.literal_eval(part.value)) if literal else None
    return None


def _has_subject(node: ast.ClassDef) -> bool:
    fields = {ast.unparse(part.target) for part in node.body if isinstance(part, ast.AnnAssign)}
    properties = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    return "subject" in fields | properties


def main(arguments: list[str]) -> int:
    """Write or check every page; return the exit status."""
    stale = [name for name in PAGES if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != render(name)]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is not what the code says: run `make reference`")
        return bool(stale)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(render(name), encoding="utf-8")
        print(f"reference: wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
