"""OpenAI's own client against a real server, a real engine and the micro model."""

import json
from typing import Any

import pytest
from openai import (
    APIError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OpenAI,
    PermissionDeniedError,
)

from modelyard.accounts import Scope
from tests.serving.shop import ENDLESS, JAPAN, MICRO, MODEL, Shop
from tests.support.waiting import eventually

ANSWER = "The capital of Japan is Tokyo."


def content(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


@pytest.mark.parametrize("limit", [20, 200], ids=["asked for whole", "put together from a stream"])
def test_a_chat_is_answered_and_billed_to_the_atom(shop: Shop, client: OpenAI, limit: int) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=JAPAN, temperature=0, max_tokens=limit)

    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.object, answer.model) == ("chat.completion", MODEL)
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (15, 8)
    assert shop.settled() == [(15, 8)]
    assert 10_000_000_000 - shop.wallet().posted.atoms == 23 * 5_000
    assert shop.wallet().held.atoms == 0
    assert shop.books_are_right()


def test_a_streamed_chat_says_the_same_and_tells_usage_when_asked(shop: Shop, client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=JAPAN, temperature=0, stream=True, stream_options={"include_usage": True}
        )
    )

    assert content(chunks) == ANSWER
    assert len(chunks) > 5
    assert {chunk.model for chunk in chunks} == {MODEL}
    assert [chunk.choices for chunk in chunks[-1:]] == [[]]
    usage = chunks[-1].usage
    assert usage is not None
    assert shop.settled() == [(usage.prompt_tokens, usage.completion_tokens)] == [(15, 8)]
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_usage_is_kept_from_clients_that_did_not_ask(shop: Shop, client: OpenAI) -> None:
    with client.chat.completions.with_streaming_response.create(
        model=MODEL, messages=JAPAN, temperature=0, stream=True
    ) as response:
        events = [line for line in response.iter_lines() if line]

    assert events[-1] == "data: [DONE]"
    assert not [event for event in events if "usage" in event or "timings" in event]
    assert json.loads(events[-2][6:])["choices"][0]["finish_reason"] == "stop"


def test_text_that_one_token_does_not_spell_arrives_whole(shop: Shop, client: OpenAI) -> None:
    hello = [{"role": "user", "content": "你好"}]
    chunks = list(client.chat.completions.create(model=MODEL, messages=hello, temperature=0, stream=True))
    whole = client.chat.completions.create(model=MODEL, messages=hello, temperature=0)

    assert content(chunks) == whole.choices[0].message.content == "你好！我是一个小模型。"
    assert len(set(shop.settled())) == 1


def test_several_choices_are_counted_each(shop: Shop, client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=JAPAN, temperature=0, n=2, max_tokens=5)

    assert [choice.index for choice in answer.choices] == [0, 1]
    assert {choice.message.content for choice in answer.choices} == {"The capital of Japan is"}
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 10
    assert shop.settled() == [(15, 10)]


def test_several_streamed_choices_are_counted_each(shop: Shop, client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=JAPAN, n=2, max_tokens=5, stream=True))

    finished = [choice.index for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert sorted(finished) == [0, 1]
    assert shop.settled() == [(15, 10)]


def test_completions_take_text_and_tokens(shop: Shop, client: OpenAI) -> None:
    text = client.completions.create(model=MODEL, prompt="The capital of", temperature=0, max_tokens=3)
    tokens = client.completions.create(model=MODEL, prompt=[70, 71, 72], max_tokens=2)
    streamed = list(
        client.completions.create(model=MODEL, prompt="The capital of", temperature=0, max_tokens=3, stream=True)
    )

    assert text.object == "text_completion"
    assert text.usage is not None
    assert tokens.usage is not None
    assert tokens.usage.prompt_tokens == 3
    assert "".join(chunk.choices[0].text for chunk in streamed if chunk.choices) == text.choices[0].text
    assert len(shop.settled()) == 3


def test_sampling_is_obeyed(shop: Shop, client: OpenAI) -> None:
    stopped = client.chat.completions.create(model=MODEL, messages=JAPAN, temperature=0, stop=[" is"])
    cut = client.chat.completions.create(model=MODEL, messages=ENDLESS, max_tokens=7)
    seeded = {
        client.chat.completions.create(model=MODEL, messages=JAPAN, seed=7, temperature=1.9, max_tokens=9)
        .choices[0]
        .message.content
        for _ in range(2)
    }
    likely = client.chat.completions.create(
        model=MODEL, messages=JAPAN, temperature=0, max_tokens=2, logprobs=True, top_logprobs=2
    )

    assert stopped.choices[0].message.content == "The capital of Japan"
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 7
    assert len(seeded) == 1
    assert likely.choices[0].logprobs is not None
    assert likely.choices[0].logprobs.content is not None
    assert [token.token for token in likely.choices[0].logprobs.content] == ["The", " capital"]


def test_an_answer_can_be_held_to_a_schema(shop: Shop, client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 6}}, "required": ["city"]}
    answer = client.chat.completions.create(
        model=MODEL,
        messages=JAPAN,
        temperature=0,
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema}},
    )

    assert list(json.loads(answer.choices[0].message.content or "")) == ["city"]


def test_parts_of_text_are_taken_and_others_refused(shop: Shop, client: OpenAI) -> None:
    parts = [{"type": "text", "text": "What is the capital of "}, {"type": "text", "text": "Japan?"}]
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}], temperature=0)
    assert answer.choices[0].message.content == ANSWER

    picture = [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": picture}])
    assert refused.value.param == "messages[0].content[0]"


def test_models_are_listed_and_found(shop: Shop, client: OpenAI) -> None:
    assert [(model.id, model.owned_by) for model in client.models.list()] == [(MODEL, "acme")]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(NotFoundError) as absent:
        client.models.retrieve("acme/other")
    assert absent.value.code == "model_not_found"


def test_an_unknown_key_is_401_in_the_wires_own_shape(shop: Shop) -> None:
    for key in ("my_unknown", "-", "x" * 600):
        with OpenAI(base_url=shop.url, api_key=key, max_retries=0) as client:
            with pytest.raises(AuthenticationError) as refused:
                client.chat.completions.create(model=MODEL, messages=JAPAN)
            with pytest.raises(AuthenticationError):
                client.models.list()
        assert (refused.value.code, refused.value.type) == ("invalid_api_key", "authentication_error")
    assert shop.holds() == []


def test_a_key_without_the_scope_is_refused(shop: Shop) -> None:
    key = shop.token(shop.customer, Scope.READ)
    with OpenAI(base_url=shop.url, api_key=key, max_retries=0) as client, pytest.raises(PermissionDeniedError):
        client.chat.completions.create(model=MODEL, messages=JAPAN)


def test_an_absent_and_a_private_model_look_alike(shop: Shop, client: OpenAI) -> None:
    shop.shelf.private.add("acme/secret")
    shop.deploy(MICRO, "acme/secret")
    told = []
    for model in ("acme/secret", "acme/absent"):
        with pytest.raises(NotFoundError) as refused:
            client.chat.completions.create(model=model, messages=JAPAN)
        told.append((refused.value.code, refused.value.param, str(refused.value).replace(model, "")))
    assert told[0] == told[1]
    assert [model.id for model in client.models.list()] == [MODEL]
    with OpenAI(base_url=shop.url, api_key=shop.token(shop.seller), max_retries=0) as seller:
        assert {model.id for model in seller.models.list()} == {MODEL, "acme/secret"}


def test_exhausted_credit_is_402_before_the_engine_is_touched(shop: Shop) -> None:
    poor = shop.person("poor")
    key = shop.token(poor)
    with OpenAI(base_url=shop.url, api_key=key) as client, pytest.raises(APIStatusError) as refused:
        client.chat.completions.create(model=MODEL, messages=JAPAN)
    assert (refused.value.status_code, refused.value.code) == (402, "insufficient_quota")
    assert refused.value.type == "insufficient_quota"
    assert shop.holds() == []
    assert shop.settled() == []


def test_a_prompt_that_does_not_fit_is_context_length_exceeded(shop: Shop, client: OpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(BadRequestError) as refused:
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "hello " * 3000}], stream=stream
            )
        assert refused.value.code == "context_length_exceeded"
    assert shop.holds() == ["voided", "voided"]
    assert shop.wallet().held.atoms == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": "hello"}, "messages"),
    ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
    ({"temperature": 3}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": -0.1}, "top_p"),
    ({"n": 0}, "n"),
    ({"n": True}, "n"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ({"seed": "x"}, "seed"),
    ({"logit_bias": {"x": 1}}, "logit_bias"),
    ({"logit_bias": {"1": 101}}, "logit_bias.1"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"response_format": {"type": "xml"}}, "response_format"),
    ({"tools": []}, "tools"),
    ({"tool_choice": "auto"}, "tool_choice"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ({"id_slot": 1}, "id_slot"),
    ({"model": 7}, "model"),
]


def test_a_wrong_parameter_is_named(shop: Shop, client: OpenAI) -> None:
    for change, param in BAD:
        with pytest.raises(BadRequestError) as refused:
            client.post("/chat/completions", body={"model": MODEL, "messages": JAPAN, **change}, cast_to=object)
        assert (refused.value.param, refused.value.type) == (param, "invalid_request_error"), change
    assert shop.settled() == []
    assert "open" not in shop.holds()


def test_a_body_that_is_no_object_is_refused(shop: Shop, client: OpenAI) -> None:
    for body in (b"", b"[]", b"{", b"\xff", b'{"temperature": NaN}', b"[" * 100_000, b" " * 9_000_000):
        with pytest.raises(BadRequestError) as refused:
            client.post("/chat/completions", content=body, cast_to=object)
        assert refused.value.code == "body_unsound"


def test_one_key_is_answered_once(shop: Shop, client: OpenAI) -> None:
    again = {"Idempotency-Key": "order-1"}
    client.chat.completions.create(model=MODEL, messages=JAPAN, extra_headers=again)
    with pytest.raises(APIStatusError) as refused:
        client.chat.completions.create(model=MODEL, messages=JAPAN, extra_headers=again)

    assert refused.value.status_code == 409
    assert len(shop.settled()) == 1


def test_each_answer_is_named_and_timed(shop: Shop, client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model=MODEL, messages=JAPAN)

    assert shop.rows("SELECT id FROM usage_event") == [(answer.headers["x-request-id"],)]
    timing = answer.headers["server-timing"]
    assert [part.split(";")[0] for part in timing.split(", ")] == ["hold", "start", "first", "engine", "settle"]


def test_a_client_that_goes_stops_the_generation_and_pays_for_what_was_generated(shop: Shop, client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=ENDLESS, stream=True, max_tokens=1900, logit_bias={"2": -100}
    )
    seen = sum(1 for _, chunk in zip(range(30), stream, strict=False) if chunk.choices[0].delta.content)
    stream.close()

    assert eventually(lambda: shop.holds() == ["settled"])
    ((prompt, generated),) = shop.settled()
    assert prompt > 0
    assert seen <= generated < 1900
    assert shop.wallet().held.atoms == 0
    assert 10_000_000_000 - shop.wallet().posted.atoms == (prompt + generated) * 5_000
    assert shop.books_are_right()


def test_the_wallet_is_never_charged_beyond_the_hold(shop: Shop, client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=ENDLESS, max_tokens=100, logit_bias={"2": -100})

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 100
    ((bound,),) = shop.rows("SELECT bound_completion FROM hold")
    assert bound == 100


def test_a_stopped_deployment_answers_no_more(shop: Shop, client: OpenAI) -> None:
    from modelyard import serving

    with shop.infra.db.reader() as session:
        deployment = serving.list_deployments(session, actor=shop.actor(shop.seller), repositories=shop.shelf).items[0]
    client.chat.completions.create(model=MODEL, messages=JAPAN)
    with shop.infra.db.unit() as session:
        serving.stop_deployment(
            session, actor=shop.actor(shop.seller), deployment=deployment.id, clock=shop.infra.clock
        )
    with pytest.raises(APIError) as refused:
        client.chat.completions.create(model=MODEL, messages=JAPAN)
    assert refused.value.code == "model_stopped"
