"""Answers that are good for a few seconds, unless a doubt comes first."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from hub.support.coalesce import Batch
from hub.support.invalidations import Doubts

V = TypeVar("V")

KEPT_S = 10.0  # the longest that a change which nobody tells of stays unnoticed here
MOST = 20_000  # answers


class Remembered(Generic[V]):
    """Answers by name, asked for as one (`Batch`). None is given that a doubt overtook, and none from memory
    while we would not be told of one.

    What is remembered is two generations, each of half the time: what is old goes at once, without a look
    at each.
    """

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[dict[str, V]]], doubts: Doubts) -> None:
        self._batch = Batch(ask)
        self._doubts = doubts
        self._generation = 0
        self._young: dict[str, tuple[int, V]] = {}  # the moment before it was asked for, and the answer
        self._old: dict[str, tuple[int, V]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    async def get(self, name: str) -> V:
        """The answer for a name; raises what the question raised, or `KeyError` for no answer."""
        if self._doubts.told:
            self._turn()
            kept = self._young.get(name) or self._old.get(name)
            if kept is not None and not self._doubts.since(kept[0], name):
                return kept[1]
        generation = self._generation
        while True:
            asked = self._doubts.moment
            value = await self._batch.get(name)
            if not self._doubts.since(asked, name):
                break
        if self._doubts.told and generation == self._generation:
            if len(self._young) >= MOST:
                self._young.clear()
            self._young[name] = (asked, value)
        return value

    def _turn(self) -> None:
        now = int(time.monotonic() / (KEPT_S / 2))
        if now != self._generation:
            self._old = self._young if now == self._generation + 1 else {}
            self._young = {}
            self._generation = now
