"""From the bytes of a request to a call of the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

from modelyard.serving.gateway import Call
from modelyard.wire.openai import checks, messages, schemas
from modelyard.wire.openai.checks import Check, wrong
from modelyard.wire.openai.errors import BodyUnsound, ParameterUnknown

_MOST_TOKENS = 1 << 20
_MOST_CHOICES = 8

_SAMPLING: dict[str, Check] = {
    "temperature": checks.number(0, 2),
    "top_p": checks.number(0, 1),
    "presence_penalty": checks.number(-2, 2),
    "frequency_penalty": checks.number(-2, 2),
    "seed": checks.seed,
    "stop": checks.stop,
    "logit_bias": checks.logit_bias,
    "top_k": checks.integer(0, 1 << 20),
    "min_p": checks.number(0, 1),
    "repeat_penalty": checks.number(0, 10),
}
_CHAT: dict[str, Check] = {
    **_SAMPLING,
    "messages": messages.messages,
    "logprobs": checks.boolean,
    "top_logprobs": checks.integer(0, 20),
    "response_format": schemas.response_format,
    "tools": schemas.tools,
    "tool_choice": checks.tool_choice,
    "parallel_tool_calls": checks.boolean,
}
_COMPLETION: dict[str, Check] = {**_SAMPLING, "prompt": checks.prompt, "logprobs": checks.integer(0, 5)}
_OURS = {"model", "stream", "stream_options", "n", "max_tokens", "max_completion_tokens"}
_WITHOUT_EFFECT = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two kinds of requests: where the engine takes it, its parameters, and the one it cannot do without."""

    path: str
    checks: Mapping[str, Check]
    essential: str
    chat: bool


CHAT = Kind("/v1/chat/completions", _CHAT, "messages", chat=True)
COMPLETION = Kind("/v1/completions", _COMPLETION, "prompt", chat=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, and how its answer is to be sent."""

    call: Call
    stream: bool
    include_usage: bool


def read(raw: bytes, kind: Kind, *, request: str, key: str | None = None) -> Asked:
    """Parse and validate a request; raises BodyUnsound, ParameterUnknown and RequestUnsound."""
    given = {name: value for name, value in _parse(raw).items() if value is not None}
    for essential in ("model", kind.essential):
        if essential not in given:
            raise wrong(essential, "it is required.")
    _check_dependencies(given)
    stream = checks.boolean("stream", given.get("stream", False))
    call = Call(
        request=request,
        model=checks.name("model", given["model"]),
        path=kind.path,
        body=_checked(given, kind),
        size=len(raw),
        choices=_number(given, "n", _MOST_CHOICES) or 1,
        max_tokens=_number(given, "max_completion_tokens", _MOST_TOKENS) or _number(given, "max_tokens", _MOST_TOKENS),
        key=key,
        chat=kind.chat,
        tools="tools" in given,
    )
    return Asked(call, stream, _include_usage(given, stream=stream))


def _checked(given: Mapping[str, Any], kind: Kind) -> dict[str, object]:
    body: dict[str, object] = {}
    for name, value in given.items():
        check = kind.checks.get(name)
        if check is not None:
            body[name] = check(name, value)
        elif name not in _OURS and name not in _WITHOUT_EFFECT:
            raise ParameterUnknown(field=name[:80], param=name[:80])
    if "n" in given:
        body["n"] = given["n"]
    return body


def _check_dependencies(given: Mapping[str, Any]) -> None:
    if "top_logprobs" in given and given.get("logprobs") is not True:
        raise wrong("top_logprobs", "it needs logprobs to be true.")
    if "stream_options" in given and given.get("stream") is not True:
        raise wrong("stream_options", "it needs stream to be true.")
    if "tool_choice" in given and "tools" not in given and given["tool_choice"] != "none":
        raise wrong("tool_choice", "it needs tools.")


def _include_usage(given: Mapping[str, Any], *, stream: bool) -> bool:
    options = given.get("stream_options", {})
    if not isinstance(options, dict):
        raise wrong("stream_options", "it must be an object.")
    return stream and checks.boolean("stream_options.include_usage", options.get("include_usage", False))


def _number(given: Mapping[str, Any], name: str, most: int) -> int | None:
    if name not in given:
        return None
    value = checks.integer(1, most)(name, given[name])
    return value if isinstance(value, int) else None


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        given = _DECODER.decode(raw.decode())
        if _ESCAPED.search(raw):
            json.dumps(given, ensure_ascii=False).encode()  # half a character can be escaped, but is no text
    except (ValueError, RecursionError) as error:
        raise BodyUnsound(reason="it is not JSON.") from error
    if not isinstance(given, dict):
        raise BodyUnsound(reason="it is not a JSON object.")
    return given


def _not_a_number(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(digits)
    return number


_ESCAPED = re.compile(rb"\\u[dD]")
_DECODER = json.JSONDecoder(parse_constant=_not_a_number, parse_float=_finite)
"""Made once, because `json.loads` makes a new one for each call that sets an option."""
