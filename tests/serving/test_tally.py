"""Counting a stream by its bytes agrees with parsing it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from modelyard.serving.engines.llamacpp import _DIALECT
from modelyard.serving.gateway.assemble import assemble
from modelyard.serving.gateway.tally import Tally, read_whole, split

TRICKY = st.one_of(
    st.text(),
    st.sampled_from(
        [
            ',"timings":{"predicted_n":99',
            '"finish_reason":"stop"',
            '"usage":{"completion_tokens":5}',
            "data: [DONE]",
            "line\n\nline",
            '","timings":{',
        ]
    ),
)


def chunk(text: str, generated: int, index: int = 0) -> bytes:
    timings = {"cache_n": 3, "prompt_n": 4, "predicted_n": generated}
    choice = {"finish_reason": None, "index": index, "delta": {"content": text}}
    return dump({"choices": [choice], "id": "c", "object": "chat.completion.chunk", "timings": timings})


def finish(index: int = 0) -> bytes:
    return dump(
        {"choices": [{"finish_reason": "stop", "index": index, "delta": {}}], "object": "chat.completion.chunk"}
    )


def used(generated: int) -> bytes:
    usage = {"completion_tokens": generated, "prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 3}}
    return dump({"choices": [], "usage": usage, "timings": {"cache_n": 3, "prompt_n": 4, "predicted_n": generated}})


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@given(st.lists(TRICKY, max_size=20))
def test_text_never_passes_for_the_engine_s_own_fields(texts: list[str]) -> None:
    tally = Tally(_DIALECT, 1)
    seen = [tally.take(chunk(text, number + 1)) for number, text in enumerate(texts)]

    assert [json.loads(each)["choices"][0]["delta"]["content"] for each in seen if each] == texts
    assert tally.spent.completion == len(texts)
    assert not tally.complete
    assert all(each is not None and "timings" not in json.loads(each) for each in seen)


@given(st.lists(TRICKY, max_size=10), st.integers(1, 50))
def test_a_stream_cut_anywhere_into_reads_is_the_same_stream(texts: list[str], step: int) -> None:
    payloads = [chunk(text, number + 1) for number, text in enumerate(texts)]
    wire = b"".join(b"data: " + payload + b"\n\n" for payload in payloads)
    heard: list[bytes] = []
    rest = b""
    for start in range(0, len(wire), step):
        some, rest = split(rest + wire[start : start + step])
        heard += some
    assert heard == payloads
    assert rest == b""


def test_the_last_count_is_the_engine_s_own() -> None:
    tally = Tally(_DIALECT, 1)
    tally.take(chunk("a", 1))
    tally.take(finish())
    assert tally.complete
    assert tally.take(used(2)) is None
    assert (tally.spent.prompt, tally.spent.completion, tally.spent.cached) == (7, 2, 3)


def test_choices_are_counted_apart() -> None:
    tally = Tally(_DIALECT, 2)
    for payload in (chunk("a", 1, 1), chunk("b", 1, 0), chunk("c", 2, 0), finish(1), used(2)):
        tally.take(payload)
    assert not tally.complete
    assert tally.spent.completion == 4
    for payload in (finish(0), used(3)):
        tally.take(payload)
    assert tally.complete
    assert tally.spent.completion == 5


def test_comments_are_dropped() -> None:
    assert split(b": ping\n\ndata: {}\n\ndata: {") == ([b"{}"], b"data: {")


def test_an_unstreamed_answer_loses_only_the_engine_s_own_field() -> None:
    body = dump(
        {
            "choices": [{"message": {"content": ',"timings":{"usage":{'}}],
            "usage": {"completion_tokens": 8, "prompt_tokens": 15, "prompt_tokens_details": {"cached_tokens": 2}},
            "timings": {"predicted_n": 8},
        }
    )
    seen, spent = read_whole(body, _DIALECT)
    assert set(json.loads(seen)) == {"choices", "usage"}
    assert (spent.prompt, spent.completion, spent.cached) == (15, 8, 2)


def test_tool_calls_and_reasoning_are_put_together() -> None:
    deltas: list[dict[str, object]] = [
        {"role": "assistant", "content": None},
        {"reasoning_content": "think"},
        {"reasoning_content": "ing"},
        {"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "get", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
    ]
    payloads = [
        dump({"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]})
        for delta in deltas
    ]
    tally = Tally(_DIALECT, 1)
    tally.take(used(9))

    whole = json.loads(assemble(payloads, tally.spent))

    assert whole["object"] == "chat.completion"
    assert whole["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "thinking",
        "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "get", "arguments": '{"a":1}'}}],
    }
    assert whole["usage"]["total_tokens"] == 16
