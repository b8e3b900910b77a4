"""Send a request to an engine, and turn what it refuses into our own words."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from modelyard.kernel import DomainError
from modelyard.serving.engines import Dialect
from modelyard.serving.errors import ContextExceeded, EngineDied, EngineRejected
from modelyard.serving.gateway.words import Call
from modelyard.serving.runtime import Lease

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
"""Made once, because `json.dumps` makes a new one for each call that sets an option."""

_OUR_FAULT = {401, 503}
LOST = (aiohttp.ClientError, ConnectionError, TimeoutError)
"""What an engine's death looks like from here."""


async def send(lease: Lease, call: Call, *, each: int, stream: bool) -> aiohttp.ClientResponse:
    """Post the call and return the response once the engine has accepted it.

    Raises ContextExceeded, EngineRejected, and EngineDied when there is no engine to answer.
    """
    endpoint = lease.model.endpoint
    body = {**call.body, **endpoint.dialect.extra, "max_tokens": each, "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    data = _ENCODER.encode(body).encode()
    # Engines close the connection after a stream without saying so beforehand; one that is pooled would be a trap.
    headers = {"Connection": "close"} if stream else None
    try:
        response = await lease.model.session.post(call.path, data=data, headers=headers)
    except LOST as error:
        lease.unheard()
        raise EngineDied(retry_after=2) from error
    except asyncio.CancelledError:
        lease.unheard()
        raise
    lease.heard()
    if response.status == 200:
        return response
    try:
        refusal = await response.read()
    except LOST as error:
        raise EngineDied(retry_after=2) from error
    raise _refused(response.status, refusal, endpoint.dialect)


def _refused(status: int, body: bytes, dialect: Dialect) -> DomainError:
    error = _error_of(body)
    reason = str(error.get("message", ""))[:500]
    if error.get("type") == dialect.overlong:
        tokens, context = int(error.get("n_prompt_tokens", 0)), int(error.get("n_ctx", 0))
        return ContextExceeded(tokens=tokens, context=context)
    # An engine that says what is wrong lives, whatever number it chose: llama.cpp answers 500 to a broken tool call.
    if status not in _OUR_FAULT and (error or status < 500):
        return EngineRejected(reason=reason)
    return EngineDied(retry_after=2, reason=reason)


def _error_of(body: bytes) -> dict[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}
