"""Debounced work: collect items for a moment, then act on all of them at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

MAX_ISOLATED_FAILURES = 3  # items; if as many tried alone all fail, the cause is not one of them


async def burst(wake: asyncio.Event, gather_s: float) -> None:
    """Wait for the event, and ``gather_s`` seconds longer for what comes with it."""
    await wake.wait()
    await asyncio.sleep(gather_s)
    wake.clear()


class Debounce(Generic[T]):
    """Pending items, each once, and the loop that acts on them. Belongs to one event loop.

    ``gather_s`` seconds after an item is added, ``act`` is called with all that are pending, up to
    ``batch_size`` at a time. If it raises, each item of that batch is tried alone, in random order; one that
    fails is passed to ``on_failure``, and pending again ``retry_s`` seconds (jittered) later (None: never).
    """

    def __init__(
        self,
        act: Callable[[Sequence[T]], Awaitable[None]],
        on_failure: Callable[[T, Exception], None],
        *,
        gather_s: float,
        retry_s: float | None,
        batch_size: int = 500,
    ) -> None:
        self._act = act
        self._on_failure = on_failure
        self._gather_s = gather_s
        self._retry_s = retry_s
        self._batch_size = batch_size
        self._pending: set[T] = set()
        self._failed: set[T] = set()
        self._error: Exception | None = None  # the last one
        self._wake = asyncio.Event()
        self._acting = asyncio.Lock()

    def __len__(self) -> int:
        """How many items wait for their turn or for a retry."""
        return len(self._pending | self._failed)

    def add(self, items: Iterable[T]) -> None:
        self._pending.update(items)
        if self._pending:
            self._wake.set()

    async def run(self) -> None:
        """Act on what is added until cancelled; no failing item ends the loop."""
        while True:
            await burst(self._wake, self._gather_s)
            await self._act_on_pending()

    async def flush(self) -> None:
        """Act on everything now, retries included; raise the last error if an item failed."""
        self._retry()
        await self._act_on_pending()
        if self._failed and self._error is not None:
            raise self._error

    async def _act_on_pending(self) -> None:
        async with self._acting:
            pending, self._pending = self._pending, set()
            try:
                while pending:
                    batch = list(islice(pending, self._batch_size))
                    await self._act_on(batch)
                    pending.difference_update(batch)
            finally:
                self.add(pending)  # some are left if this was cancelled

    async def _act_on(self, batch: list[T]) -> None:
        try:
            return await self._act(batch)
        except Exception as error:
            if len(batch) == 1:
                return self._fail(batch, error)
        failed = 0
        shuffled = random.sample(batch, len(batch))
        for tried, item in enumerate(shuffled, start=1):
            try:
                await self._act([item])
            except Exception as error:
                failed += 1
                self._fail([item], error)
                if failed == tried == MAX_ISOLATED_FAILURES:
                    return self._retry_later(shuffled[tried:])

    def _fail(self, item: list[T], error: Exception) -> None:
        self._error = error
        self._retry_later(item)
        self._on_failure(item[0], error)

    def _retry_later(self, items: list[T]) -> None:
        if self._retry_s is None:
            return
        if not self._failed:
            delay_s = self._retry_s * random.uniform(0.5, 1.5)  # noqa: S311
            asyncio.get_running_loop().call_later(delay_s, self._retry)
        self._failed.update(items)

    def _retry(self) -> None:
        failed, self._failed = self._failed, set()
        self.add(failed)
