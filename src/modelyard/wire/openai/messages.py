"""The conversation of a chat: what a message may hold; names that no model reads are dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.wire.openai.checks import Check, text, wrong

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


def messages(param: str, value: object) -> list[object]:
    """The conversation; parts other than text are refused, since no model here sees or hears."""
    if not isinstance(value, list) or not value:
        raise wrong(param, "it must be a list that is not empty.")
    return [_message(f"{param}[{index}]", each) for index, each in enumerate(value)]


def _message(param: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise wrong(param, "it must be an object.")
    role = value.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise wrong(f"{param}.role", f"it must be one of {', '.join(sorted(_ROLES))}.")
    message: dict[str, object] = {"role": "system" if role == "developer" else role}
    content = value.get("content")
    calls = value.get("tool_calls")
    if content is not None or role != "assistant" or not calls:
        message["content"] = _content(f"{param}.content", content)
    elif "content" in value:
        message["content"] = None
    return message | _optional(param, value)


def _optional(param: str, value: Mapping[str, Any]) -> dict[str, object]:
    found = ((name, check, value.get(name)) for name, check in _OPTIONAL.items())
    return {name: check(f"{param}.{name}", given) for name, check, given in found if given is not None}


def _content(param: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        raise wrong(param, "it must be a string or a list of parts.")
    return "".join(_part(f"{param}[{index}]", part) for index, part in enumerate(value))


def _part(param: str, value: object) -> str:
    if not isinstance(value, dict) or value.get("type") not in ("text", "input_text"):
        raise wrong(param, "this model takes parts of type text only.")
    return _string(f"{param}.text", value.get("text"))


def _string(param: str, value: object) -> str:
    if not isinstance(value, str):
        raise wrong(param, "it must be a string.")
    return value


def _tool_calls(param: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise wrong(param, "it must be a list of calls.")
    return [_tool_call(f"{param}[{index}]", each) for index, each in enumerate(value)]


def _tool_call(param: str, value: object) -> dict[str, object]:
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(function, dict) or value.get("type", "function") != "function":
        raise wrong(param, "it must be a call of a function.")
    return {
        "id": text(f"{param}.id", value.get("id")),
        "type": "function",
        "function": {
            "name": text(f"{param}.function.name", function.get("name")),
            "arguments": _string(f"{param}.function.arguments", function.get("arguments")),
        },
    }


_OPTIONAL: dict[str, Check] = {
    "name": _string,
    "tool_call_id": _string,
    "reasoning_content": _string,
    "tool_calls": _tool_calls,
}
