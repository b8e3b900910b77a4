"""Requests that nobody means well with are refused before any money is held, by the name of what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.kernel import DomainError
from modelyard.wire.openai.errors import BodyUnsound, RequestUnsound
from modelyard.wire.openai.requests import CHAT, COMPLETION, Asked, read

HELLO: dict[str, Any] = {"model": "acme/micro", "messages": [{"role": "user", "content": "hi"}]}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def asked(**change: Any) -> Asked:
    return read(json.dumps(HELLO | change).encode(), CHAT, request="req_1")


def refused(**change: Any) -> RequestUnsound:
    with pytest.raises(RequestUnsound) as caught:
        asked(**change)
    return caught.value


def answer_of(schema: object) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}


def tool(schema: object, name: str = "f") -> dict[str, object]:
    return {"type": "function", "function": {"name": name, "parameters": schema}}


def wide(properties: int) -> dict[str, object]:
    return {"type": "object", "properties": {f"k{number}": {"type": "string"} for number in range(properties)}}


def deep(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def test_a_wide_schema_cannot_keep_the_engine_from_everybody() -> None:
    assert refused(**answer_of({"anyOf": [wide(3000)]})).field == "response_format.json_schema"
    assert refused(**answer_of({"enum": list(range(100_000))})).field == "response_format.json_schema"
    assert refused(response_format={"type": "json_object", "schema": wide(201)}).field == "response_format"
    assert refused(tools=[tool(wide(201))]).field == "tools[0].function.parameters"
    assert refused(tools=[tool(wide(199), f"f{number}") for number in range(5)]).field == "tools"
    assert asked(**answer_of(wide(200))).call.body["response_format"]


def test_a_deep_schema_cannot_keep_the_engine_from_everybody() -> None:
    assert refused(**answer_of(deep(17))).field == "response_format.json_schema"
    assert refused(tools=[tool(deep(400))]).field == "tools[0].function.parameters"
    assert asked(**answer_of(deep(15))).call.body["response_format"]


def test_a_large_schema_cannot_keep_the_engine_from_everybody() -> None:
    assert refused(**answer_of({"const": "x" * 40_000})).field == "response_format.json_schema"
    wordy = {"type": "function", "function": {"name": "f", "description": "x" * 140_000}}
    assert refused(tools=[wordy]).field == "tools"


@pytest.mark.parametrize("place", ["model", "key", "content"])
def test_half_a_character_is_no_fault_of_ours(place: str) -> None:
    bodies = {
        "model": rb'{"model": "\ud800", "messages": [{"role": "user", "content": "x"}]}',
        "key": rb'{"model": "m", "\uDC00": 1, "messages": [{"role": "user", "content": "x"}]}',
        "content": rb'{"model": "m", "messages": [{"role": "user", "content": "x\udfff"}]}',
    }
    with pytest.raises(BodyUnsound):
        read(bodies[place], CHAT, request="r")


def test_a_whole_character_may_be_escaped() -> None:
    raw = rb'{"model": "m", "messages": [{"role": "user", "content": "\ud83d\ude00 \\ud800"}]}'
    body = read(raw, CHAT, request="r").call.body
    assert body["messages"] == [{"role": "user", "content": "\U0001f600 \\ud800"}]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temperature": 10**400}, "temperature"),
        ({"logit_bias": {"1": -(10**400)}}, "logit_bias.1"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": {}, "content": "x"}]}, "messages[0].role"),
        ({"response_format": {"type": ["text"]}}, "response_format"),
        ({"response_format": ["text"]}, "response_format"),
        ({"tools": [{"type": ["function"]}]}, "tools[0]"),
        ({"tool_choice": ["auto"], "tools": [tool({})]}, "tool_choice"),
        ({"model": "a\0b"}, "model"),
        ({"model": "x" * 300}, "model"),
    ],
)
def test_values_of_no_size_or_type_are_refused_and_break_nothing(change: dict[str, Any], param: str) -> None:
    assert refused(**change).field == param


@pytest.mark.parametrize("tokens", [[2**31], [True], [-1], [10**400], [1.0]])
def test_token_ids_that_no_model_has_are_refused(tokens: list[Any]) -> None:
    with pytest.raises(RequestUnsound):
        read(json.dumps({"model": "m", "prompt": tokens}).encode(), COMPLETION, request="r")


def test_a_number_beyond_all_bounds_is_no_json() -> None:
    raw = b'{"model": "m", "messages": [], "response_format": {"type": "json_object", "schema": {"const": 1e999}}}'
    with pytest.raises(BodyUnsound):
        read(raw, CHAT, request="r")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tool_calls": "zzz"}, "tool_calls"),
        ({"tool_calls": [{"id": 1}]}, "tool_calls[0]"),
        ({"tool_calls": [CALL | {"id": 1}]}, "tool_calls[0].id"),
        ({"tool_calls": [CALL | {"function": {"name": "f", "arguments": {}}}]}, "tool_calls[0].function.arguments"),
        ({"tool_calls": [CALL | {"function": {"name": "", "arguments": ""}}]}, "tool_calls[0].function.name"),
        ({"reasoning_content": [1]}, "reasoning_content"),
        ({"name": {}}, "name"),
    ],
)
def test_a_broken_message_is_the_client_s_fault_and_not_the_engine_s(more: dict[str, Any], param: str) -> None:
    messages = [{"role": "assistant", "content": "x", **more}]
    assert refused(messages=messages).field == f"messages[0].{param}"


def test_a_message_is_passed_on_without_what_no_model_reads() -> None:
    said = {"role": "assistant", "content": None, "tool_calls": [CALL | {"index": 0}], "audio": None, "refusal": "no"}
    told = {"role": "tool", "content": "3", "tool_call_id": "c1", "zzz": {"a": []}}
    assert asked(messages=[said, told]).call.body["messages"] == [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "3", "tool_call_id": "c1"},
    ]


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from([*sorted(CHAT.checks), "model", "n", "stream", "stream_options", "max_tokens"]), ANYTHING)
def test_whatever_a_parameter_is_it_is_taken_or_refused_in_this_wire_s_words(name: str, value: Any) -> None:
    try:
        asked(**{name: value})
    except DomainError as error:
        assert error.kind.name == "INVALID"  # noqa: PT017 - both ways are right


@given(ANYTHING)
def test_whatever_a_message_is_it_is_taken_or_refused_in_this_wire_s_words(value: Any) -> None:
    for messages in (
        value,
        [value],
        [{"role": "user", "content": value}],
        [{"role": "assistant", "tool_calls": value}],
    ):
        try:
            asked(messages=messages)
        except DomainError as error:
            assert error.kind.name == "INVALID"  # noqa: PT017 - both ways are right
