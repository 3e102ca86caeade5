"""Clients of redis-py as the hub uses them: RESP2, short timeouts, no retries."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 1.0  # a local Redis answers in under a millisecond


def client(url: str, timeout_s: float = TIMEOUT_S, **options: Any) -> redis.Redis:
    """For use from any thread. ``options`` are further ones of redis-py.

    Retries are off: a command that timed out may have run, and an append would run twice.
    """
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_options(url, timeout_s), **options)


def async_client(url: str, timeout_s: float = TIMEOUT_S, **options: Any) -> redis.asyncio.Redis:
    """The same for the event loop."""
    retry = AsyncRetry(NoBackoff(), 0)
    return redis.asyncio.Redis.from_url(url, retry=retry, **_options(url, timeout_s), **options)


def _options(url: str, timeout_s: float) -> dict[str, Any]:
    options = {"protocol": 2, "socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    # redis-py refuses the option for a Unix socket.
    return options if url.startswith("unix:") else {**options, "socket_keepalive": True}
