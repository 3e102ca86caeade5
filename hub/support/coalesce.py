"""Many questions at once, asked as one: while an answer is under way, the next question gathers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 500  # keys a question
# After a question that failed it is asked again by halves, so often at most and no later than this.
AGAIN = 64
AGAIN_S = 1.0


class Batch(Generic[K, V]):
    """Answers are by key; who asks for the same key at the same time shares its answer.

    An answer is never older than its question: whoever comes while one is under way waits for the
    next. A key whose question fails fails nobody else: the others are asked about without it, as far as
    `AGAIN` and `AGAIN_S` go.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Awaitable[dict[K, V]]]) -> None:
        self._ask = ask
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        """The answer for one key; raises what the question raised, or `KeyError` for no answer."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[key]
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        return await asyncio.shield(waiting)

    async def _run(self) -> None:
        while self._waiting:
            some = dict(list(self._waiting.items())[:MOST])
            for key in some:
                del self._waiting[key]
            await self._settle(some)
        self._asking = None

    async def _settle(self, some: dict[K, asyncio.Future[V]]) -> None:
        parts = [list(some)]
        left, until = AGAIN, float("inf")
        while parts:
            keys = parts.pop()
            try:
                answers = await self._ask(keys)
            except Exception as error:
                until = min(until, time.monotonic() + AGAIN_S)
                if len(keys) > 1 and left >= 2 and time.monotonic() < until:
                    left -= 2
                    half = len(keys) // 2
                    parts += [keys[half:], keys[:half]]
                    continue
                for key in keys:
                    _refuse(some[key], error)
                continue
            for key in keys:
                if key in answers:
                    some[key].set_result(answers[key])
                else:
                    _refuse(some[key], KeyError(key))


def _refuse(waiting: asyncio.Future[V], error: Exception) -> None:
    waiting.set_exception(error)
    waiting.exception()  # whoever asked may have gone
