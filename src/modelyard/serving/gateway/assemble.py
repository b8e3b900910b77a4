"""Put the chunks of a stream together into the answer that would have come in one piece."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from modelyard.serving.gateway.words import Spent, Whole

_OBJECTS = {"chat.completion.chunk": "chat.completion"}


def assemble(payloads: Iterable[bytes], spent: Spent) -> bytes:
    """Return OpenAI's JSON of the whole answer."""
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for payload in payloads:
        chunk = json.loads(payload)
        whole = whole or {name: value for name, value in chunk.items() if name != "choices"}
        for part in chunk["choices"]:
            _add(choices.setdefault(part["index"], {"index": part["index"]}), part)
    whole["object"] = _OBJECTS.get(whole.get("object", ""), whole.get("object"))
    whole["choices"] = [choices[index] for index in sorted(choices)]
    whole["usage"] = usage(spent)
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def usage(spent: Spent) -> dict[str, object]:
    """Return OpenAI's usage object."""
    return {
        "prompt_tokens": spent.prompt,
        "completion_tokens": spent.completion,
        "total_tokens": spent.prompt + spent.completion,
        "prompt_tokens_details": {"cached_tokens": spent.cached},
    }


def answer_text(whole: Whole) -> str:
    """Return the text of the first choice of a chat's answer."""
    choice = json.loads(whole.body)["choices"][0]
    return str(choice["message"].get("content") or "")


def _add(choice: dict[str, Any], part: dict[str, Any]) -> None:
    choice["finish_reason"] = part.get("finish_reason") or choice.get("finish_reason")
    if "text" in part:
        choice["text"] = choice.get("text", "") + part["text"]
    if "delta" in part:
        _add_delta(choice.setdefault("message", {"role": "assistant", "content": None}), part["delta"])
    if "logprobs" in part:
        choice["logprobs"] = _longer(choice.get("logprobs"), part["logprobs"])


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            for call in value:
                _add_tool_call(message.setdefault("tool_calls", []), call)
        elif name == "role":
            message["role"] = value
        elif value is not None:
            message[name] = (message.get(name) or "") + value


def _add_tool_call(calls: list[dict[str, Any]], part: dict[str, Any]) -> None:
    index = part.get("index", 0)
    while len(calls) <= index:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call, function = calls[index], part.get("function") or {}
    call["id"] = part.get("id") or call["id"]
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""


def _longer(known: dict[str, Any] | None, more: dict[str, Any] | None) -> dict[str, Any] | None:
    if not known or not more:
        return more or known
    return {name: [*(known.get(name) or []), *value] for name, value in more.items() if isinstance(value, list)}
