"""Coalesces concurrent lookups into batched calls (the DataLoader pattern)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_KEYS_PER_CALL = 500
# After a call that failed, its keys are looked up again by halves, as long as neither is exceeded.
MAX_RETRIES = 64
RETRY_WINDOW_S = 1.0


class BatchLoader(Generic[K, V]):
    """Lookups by key. While a call is under way, further keys gather for the next one.

    A value is never older than its lookup: a key requested during a call waits for the next call. Lookups of
    the same key that wait at the same time share a value. A key whose call fails does not fail the others:
    they are loaded without it, within `MAX_RETRIES` and `RETRY_WINDOW_S`.
    """

    def __init__(self, load: Callable[[Sequence[K]], Awaitable[dict[K, V]]]) -> None:
        self._load = load
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        """The value of one key; raises what ``load`` raised, or `KeyError` if it returned none."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[key]
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await asyncio.shield(waiting)

    async def _run(self) -> None:
        while self._waiting:
            batch = dict(list(self._waiting.items())[:MAX_KEYS_PER_CALL])
            for key in batch:
                del self._waiting[key]
            await self._settle(batch)
        self._running = None

    async def _settle(self, batch: dict[K, asyncio.Future[V]]) -> None:
        parts = [list(batch)]
        retries, until = MAX_RETRIES, float("inf")
        while parts:
            keys = parts.pop()
            try:
                values = await self._load(keys)
            except Exception as error:
                until = min(until, time.monotonic() + RETRY_WINDOW_S)
                if len(keys) > 1 and retries >= 2 and time.monotonic() < until:
                    retries -= 2
                    half = len(keys) // 2
                    parts += [keys[half:], keys[:half]]
                    continue
                for key in keys:
                    _fail(batch[key], error)
                continue
            for key in keys:
                if key in values:
                    batch[key].set_result(values[key])
                else:
                    _fail(batch[key], KeyError(key))


def _fail(waiting: asyncio.Future[V], error: Exception) -> None:
    waiting.set_exception(error)
    waiting.exception()  # retrieved, because its caller may have been cancelled
