"""The entry point: finds the command, runs it, turns a failure into words and an exit code."""

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

if TYPE_CHECKING:
    from modelyard.cli.refusal import Refusal
    from modelyard.kernel import DomainError

COMMANDS: Mapping[str, str] = {
    "admin": "modelyard.cli.admin",
    "backup": "modelyard.cli.backup",
    "credit": "modelyard.cli.credit",
    "deployments": "modelyard.cli.deployments",
    "doctor": "modelyard.cli.doctor",
    "ledger": "modelyard.cli.ledger",
    "prices": "modelyard.cli.prices",
    "repos": "modelyard.cli.repos",
    "restore": "modelyard.cli.restore",
    "statements": "modelyard.cli.statements",
    "up": "modelyard.cli.up",
    "usage": "modelyard.cli.usage",
}
"""Each command's name and the module whose `app` is its Typer; the modules import rooms inside their functions."""

Command: TypeAlias = Any  # Typer carries a click of its own, and keeps its types private


class LazyCommands(MutableMapping[str, Command]):
    """Commands by name; a module is imported when its command is first looked up."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            command = get_command(import_module(self._modules[name]).app)
            command.name = name
            self._loaded[name] = command
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._modules, *self._loaded}))

    def __len__(self) -> int:
        return len({*self._modules, *self._loaded})


class LazyGroup(TyperGroup):
    """The group of all commands."""

    def __init__(self, **attributes: Command) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands(COMMANDS)

    def list_commands(self, ctx: Command) -> list[str]:
        """Return the names without importing anything."""
        del ctx
        return list(self.commands)


app = typer.Typer(
    cls=LazyGroup,
    name="modelyard",
    help="From repository to revenue: publish, serve, meter and bill open models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _modelyard() -> None:
    """From repository to revenue: publish, serve, meter and bill open models."""


def run(arguments: list[str]) -> int:
    """Run one command line without the program's name; return its exit code."""
    from modelyard.cli.refusal import Refusal
    from modelyard.kernel import DomainError

    try:
        outcome = get_command(app).main(arguments, prog_name="modelyard", standalone_mode=False)
    except (DomainError, Refusal) as error:
        return _failed(error, as_json="--json" in arguments)
    except TyperException as error:
        _show(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        from modelyard.cli.errors import INTERRUPTED

        return INTERRUPTED
    return outcome if isinstance(outcome, int) else 0


def _failed(error: "DomainError | Refusal", *, as_json: bool) -> int:
    from modelyard.cli.errors import describe, exit_code

    typer.echo(describe(error, as_json=as_json), err=True)
    return exit_code(error)


def _show(error: TyperException) -> None:
    show = getattr(error, "show", None)
    if show is not None:
        show()
    else:
        typer.echo(error.format_message(), err=True)


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))
