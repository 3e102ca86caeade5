"""A cache of lookups for a few seconds, whose entries an invalidation ends at once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from hub.support.coalesce import BatchLoader
from hub.support.invalidations import Invalidations

V = TypeVar("V")

TTL_S = 10.0  # a change without an invalidation is unnoticed no longer
MAX_ENTRIES = 20_000


class TTLCache(Generic[V]):
    """Values by name, looked up together (`BatchLoader`). No value is returned that an invalidation overtook,
    and none from memory while invalidations are not complete.

    The entries are two generations, each of half the TTL: old ones go at once, without a look at each.
    """

    def __init__(
        self, look_up: Callable[[Sequence[str]], Awaitable[dict[str, V]]], invalidations: Invalidations
    ) -> None:
        self._loader = BatchLoader(look_up)
        self._invalidations = invalidations
        self._generation = 0
        self._young: dict[str, tuple[int, V]] = {}  # the moment before the lookup, and the value
        self._old: dict[str, tuple[int, V]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    async def get(self, name: str) -> V:
        """The value of a name. Raises what the lookup raised, or `KeyError` if it found none."""
        if self._invalidations.complete:
            self._turn()
            entry = self._young.get(name) or self._old.get(name)
            if entry is not None and not self._invalidations.since(entry[0], name):
                return entry[1]
        generation = self._generation
        while True:
            moment = self._invalidations.moment
            value = await self._loader.get(name)
            if not self._invalidations.since(moment, name):
                break
        if self._invalidations.complete and generation == self._generation:
            if len(self._young) >= MAX_ENTRIES:
                self._young.clear()
            self._young[name] = (moment, value)
        return value

    def _turn(self) -> None:
        """Let the generations grow older."""
        now = int(time.monotonic() / (TTL_S / 2))
        if now != self._generation:
            self._old = self._young if now == self._generation + 1 else {}
            self._young = {}
            self._generation = now
