"""What each parameter may be; a check returns the value that the engine is sent, or raises `RequestUnsound`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from modelyard.wire.openai.errors import RequestUnsound

Check: TypeAlias = Callable[[str, Any], object]
_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
_FORMATS = {"text", "json_object", "json_schema"}


def wrong(param: str, reason: str) -> RequestUnsound:
    """The failure of one parameter."""
    return RequestUnsound(field=param, param=param, reason=reason)


def number(least: float, most: float) -> Check:
    """A finite number within a range."""

    def check(param: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise wrong(param, "it must be a number.")
        if not least <= value <= most:
            raise wrong(param, f"it must be between {least:g} and {most:g}.")
        return value

    return check


def integer(least: int, most: int) -> Check:
    """An integer within a range."""

    def check(param: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(param, "it must be an integer.")
        if not least <= value <= most:
            raise wrong(param, f"it must be between {least} and {most}.")
        return value

    return check


def boolean(param: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(param, "it must be true or false.")
    return value


def text(param: str, value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise wrong(param, "it must be a string that is not empty.")
    return value


def seed(param: str, value: object) -> int:
    """Any 64-bit integer; engines take 32 bits of it."""
    checked = integer(-(2**63), 2**63 - 1)(param, value)
    assert isinstance(checked, int)  # noqa: S101 - the type of the check above
    return checked % 2**32


def stop(param: str, value: object) -> list[str]:
    """One string or up to four."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or len(found) > 4 or not all(isinstance(each, str) and each for each in found):
        raise wrong(param, "it must be a string or a list of up to 4 strings that are not empty.")
    return found


def logit_bias(param: str, value: object) -> dict[str, float]:
    """Token ids with numbers from -100 to 100."""
    if not isinstance(value, dict) or len(value) > 1024 or not all(key.isdecimal() for key in value):
        raise wrong(param, "it must map token ids to numbers.")
    check = number(-100, 100)
    return {key: check(f"{param}.{key}", bias) for key, bias in value.items()}  # type: ignore[misc]  # as number says


def response_format(param: str, value: object) -> dict[str, object]:
    """Text, a JSON object, or JSON of a schema."""
    if not isinstance(value, dict) or value.get("type") not in _FORMATS:
        raise wrong(param, "its type must be text, json_object or json_schema.")
    if value["type"] == "json_schema" and not isinstance(_inside(value, "json_schema").get("schema"), dict):
        raise wrong(f"{param}.json_schema", "it must hold a schema.")
    return value


def tools(param: str, value: object) -> list[object]:
    """Functions with names."""
    if not isinstance(value, list) or not value or len(value) > 128:
        raise wrong(param, "it must be a list of 1 to 128 tools.")
    for index, tool in enumerate(value):
        named = isinstance(tool, dict) and tool.get("type") == "function" and _inside(tool, "function").get("name")
        if not named or not isinstance(named, str):
            raise wrong(f"{param}[{index}]", "it must be a function with a name.")
    return value


def tool_choice(param: str, value: object) -> object:
    """None, auto, required, or one function."""
    if value in ("none", "auto", "required") or (isinstance(value, dict) and value.get("type") == "function"):
        return value
    raise wrong(param, "it must be none, auto, required or a function.")


def messages(param: str, value: object) -> list[object]:
    """The conversation; parts other than text are refused, since no model here sees or hears."""
    if not isinstance(value, list) or not value:
        raise wrong(param, "it must be a list that is not empty.")
    return [_message(f"{param}[{index}]", each) for index, each in enumerate(value)]


def prompt(param: str, value: object) -> object:
    """One string or one list of token ids; a list around it is taken off."""
    one = value[0] if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], int) else value
    if isinstance(one, str) and one:
        return one
    if isinstance(one, list) and one and all(isinstance(each, int) and each >= 0 for each in one):
        return one
    raise wrong(param, "it must be one string or one list of token ids; send one request for each prompt.")


def _message(param: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise wrong(param, "it must be an object.")
    role = value.get("role")
    if role not in _ROLES:
        raise wrong(f"{param}.role", f"it must be one of {', '.join(sorted(_ROLES))}.")
    content = value.get("content")
    if content is None and role == "assistant" and value.get("tool_calls"):
        return value
    checked = _content(f"{param}.content", content)
    return {**value, "content": checked, "role": "system" if role == "developer" else role}


def _content(param: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        raise wrong(param, "it must be a string or a list of parts.")
    return "".join(_part(f"{param}[{index}]", part) for index, part in enumerate(value))


def _part(param: str, value: object) -> str:
    if not isinstance(value, dict) or value.get("type") not in ("text", "input_text"):
        raise wrong(param, "this model takes parts of type text only.")
    if not isinstance(value.get("text"), str):
        raise wrong(f"{param}.text", "it must be a string.")
    return str(value["text"])


def _inside(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}
