"""The command line: `modelyard COMMAND`, each command in a module that is imported when it is called.

Its law: what was asked for goes to standard output, with `--json` as one JSON document; everything else goes to
standard error. A failure is a sentence and a hint in the language of LANG, and its kind decides the exit code
(`cli.errors`). Commands open what they need with `cli.workplace`, call one verb of a room, and print with `cli.output`.
"""

from modelyard.cli.main import run

__all__ = ["run"]
