"""The way to one engine: a small pool of connections of its own."""

from __future__ import annotations

import aiohttp

from modelyard.serving.engines import Endpoint

_IDLE = 3.0
"""Seconds after which an unused connection is closed; engines close theirs after 5 and would win the race."""

_SILENCE = 600.0
"""Seconds without a byte after which an engine is taken for dead."""


def connect(endpoint: Endpoint) -> aiohttp.ClientSession:
    """Open the pool; no more connections than the engine has threads, so that the others wait here in their order."""
    return aiohttp.ClientSession(
        base_url=endpoint.url,
        connector=aiohttp.TCPConnector(limit=endpoint.connections, keepalive_timeout=_IDLE, use_dns_cache=False),
        headers={"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=_SILENCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
