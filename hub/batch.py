"""Many questions at once, asked as one: while an answer is under way, the next question gathers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 500  # keys a question


class Batch(Generic[K, V]):
    """Answers are by key; who asks for the same key at the same time shares its answer.

    An answer is never older than its question: whoever comes while one is under way waits for the
    next.
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
            try:
                answers = await self._ask(list(some))
            except Exception as error:
                for waiting in some.values():
                    _refuse(waiting, error)
                continue
            for key, waiting in some.items():
                if key in answers:
                    waiting.set_result(answers[key])
                else:
                    _refuse(waiting, KeyError(key))
        self._asking = None


def _refuse(waiting: asyncio.Future[V], error: Exception) -> None:
    waiting.set_exception(error)
    waiting.exception()  # whoever asked may have gone
