"""The way to one engine: a small pool of connections of its own."""

from __future__ import annotations

import asyncio

import aiohttp

from modelyard.serving.engines import Endpoint

_IDLE = 3.0
"""Seconds after which an unused connection is closed; engines close theirs after 5 and would win the race."""

_SILENCE = 120.0
"""Seconds without a byte, the first one included, after which an engine is taken for dead."""


def connect(endpoint: Endpoint) -> aiohttp.ClientSession:
    """Open the pool; it has no limit of its own, because requests take turns before they come here."""
    return aiohttp.ClientSession(
        base_url=endpoint.url,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE, use_dns_cache=False),
        headers={"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=_SILENCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


async def answers(endpoint: Endpoint, *, within: float) -> bool:
    """Tell whether an engine says anything at all to somebody new, in so many seconds."""
    try:
        async with asyncio.timeout(within), aiohttp.ClientSession() as session, session.get(f"{endpoint.url}/health"):
            return True
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        return False
