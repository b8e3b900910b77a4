"""The macros as one word, `ui`: `{{ ui.button(_("Save")) }}` needs no import in a template."""

import re
from collections.abc import Callable, Iterable

from jinja2 import Environment
from markupsafe import Markup

_MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)")


class MacroShelf:
    """Finds each public macro of `web/macros/*.html` by name, and compiles its file when it is first asked for."""

    def __init__(self, environment: Environment, templates: Iterable[str]) -> None:
        self._environment = environment
        self._file_of: dict[str, str] = {}
        for template in templates:
            for name in _MACRO.findall(self._source(template)):
                if name in self._file_of:
                    msg = f"macro {name} stands in {self._file_of[name]} and in {template}"
                    raise ValueError(msg)
                self._file_of[name] = template

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        if name.startswith("_") or name not in self._file_of:
            raise AttributeError(name)
        macro: Callable[..., Markup] = getattr(self._environment.get_template(self._file_of[name]).module, name)
        setattr(self, name, macro)
        return macro

    def names(self) -> list[str]:
        """Return the names of all macros, in order."""
        return sorted(self._file_of)

    def _source(self, template: str) -> str:
        loader = self._environment.loader
        return loader.get_source(self._environment, template)[0] if loader else ""
