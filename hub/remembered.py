"""Answers that are good for a few seconds, unless a doubt comes first."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from hub.batch import Batch
from hub.doubts import Doubts

V = TypeVar("V")

KEPT_S = 10.0  # the longest that a change which nobody tells of stays unnoticed here
MOST = 20_000  # answers


class Remembered(Generic[V]):
    """Answers by name, asked for as one (`Batch`). None is given that a doubt overtook, and none from memory
    while we would not be told of one."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[dict[str, V]]], doubts: Doubts) -> None:
        self._batch = Batch(ask)
        self._doubts = doubts
        self._kept: dict[str, tuple[int, float, V]] = {}

    async def get(self, name: str) -> V:
        """The answer for a name; raises what the question raised, or `KeyError` for no answer."""
        now = time.monotonic()
        if self._doubts.told and name in self._kept:
            asked, until, value = self._kept[name]
            if until > now and not self._doubts.since(asked, name):
                return value
        while True:
            asked = self._doubts.moment
            value = await self._batch.get(name)
            if not self._doubts.since(asked, name):
                break
        if self._doubts.told:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[name] = (asked, now + KEPT_S, value)
        return value
