"""JSON schemas of a request: of its answer, and of its tools' parameters.

An engine turns a schema into a grammar before it looks at anything else, in time that grows with the square of an
object's properties, and does not stop when the client leaves. So what a schema may hold is bounded here, before any
money is held: ten requests of 86 kB with 3,000 properties each kept an engine from everybody for minutes.
"""

from __future__ import annotations

import json
from typing import Any

from modelyard.wire.openai.checks import wrong

_FORMATS = {"text", "json_object", "json_schema"}
_MOST_TOOLS = 128
_MOST_MEMBERS = 200
_MOST_BYTES = 32 * 1024
_TOGETHER = 4
"""How many times the tools of a request may together be what one schema may be."""

_DEEPEST = 32
"""Objects and lists inside each other; a level of properties takes two."""

_MANY = ("properties", "patternProperties", "$defs", "definitions", "enum", "anyOf", "oneOf", "allOf", "prefixItems")
"""Where a schema lists its alternatives."""


def response_format(param: str, value: object) -> dict[str, object]:
    """Text, a JSON object, or JSON of a schema."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str) or kind not in _FORMATS:
        raise wrong(param, "its type must be text, json_object or json_schema.")
    if "schema" in value:
        _bounded(param, value["schema"])
    if kind == "json_schema":
        schema = _inside(value, "json_schema").get("schema")
        if not isinstance(schema, dict):
            raise wrong(f"{param}.json_schema", "it must hold a schema.")
        _bounded(f"{param}.json_schema", schema)
    return value


def tools(param: str, value: object) -> list[object]:
    """Functions with names."""
    if not isinstance(value, list) or not value or len(value) > _MOST_TOOLS:
        raise wrong(param, f"it must be a list of 1 to {_MOST_TOOLS} tools.")
    members = 0
    for index, tool in enumerate(value):
        function = _inside(tool, "function") if isinstance(tool, dict) and tool.get("type") == "function" else {}
        if not isinstance(function.get("name"), str) or not function["name"]:
            raise wrong(f"{param}[{index}]", "it must be a function with a name.")
        members += _bounded(f"{param}[{index}].function.parameters", function.get("parameters"))
    if members > _TOGETHER * _MOST_MEMBERS:
        raise wrong(param, f"they have more than {_TOGETHER * _MOST_MEMBERS} properties and values together.")
    if _size(value) > _TOGETHER * _MOST_BYTES:
        raise wrong(param, f"they are larger than {_TOGETHER * _MOST_BYTES // 1024} KiB together.")
    return value


def _bounded(param: str, schema: object) -> int:
    """Return how many members a schema lists, all levels together; raises RequestUnsound past a bound."""
    members = 0
    level = [schema]
    for _depth in range(_DEEPEST):
        members += sum(len(each[name]) for each in level if isinstance(each, dict) for name in _listed(each))
        if members > _MOST_MEMBERS:
            raise wrong(param, f"the schema has more than {_MOST_MEMBERS} properties and values.")
        level = [inner for each in level for inner in _values(each)]
        if not level:
            break
    else:
        raise wrong(param, "the schema is nested too deeply.")
    if _size(schema) > _MOST_BYTES:
        raise wrong(param, f"the schema is larger than {_MOST_BYTES // 1024} KiB.")
    return members


def _listed(schema: dict[str, Any]) -> list[str]:
    return [name for name in _MANY if isinstance(schema.get(name), dict | list)]


def _values(each: object) -> list[object]:
    values = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return [value for value in values if isinstance(value, dict | list)]


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _inside(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}
