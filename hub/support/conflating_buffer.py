"""What may be lost: the latest value of each key, gathered for a moment, never more than so much."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

from hub.support.debounce import burst

V = TypeVar("V")


class Latest(Generic[V]):
    """Bounded in keys and in their sizes' sum: beyond either, what changed longest ago goes."""

    def __init__(self, keys: int, size: int) -> None:
        self._most_keys = keys
        self._most_size = size
        self._size = 0
        # In order of their last change.
        self._values: dict[tuple[str, Hashable], tuple[V, int]] = {}
        self._some = asyncio.Event()

    def put(self, room: str, key: Hashable, value: V, size: int) -> int:
        """Put it in place of what the key had; give how many others were lost for it."""
        _, before = self._values.pop((room, key), (None, 0))
        self._values[room, key] = value, size
        self._size += size - before
        self._some.set()
        lost = 0
        while len(self._values) > self._most_keys or (self._size > self._most_size and len(self._values) > 1):
            _, freed = self._values.pop(next(iter(self._values)))
            self._size -= freed
            lost += 1
        return lost

    async def gather(self, seconds: float) -> dict[str, list[V]]:
        """Once there is something, wait so long for more and take all of it, by room."""
        await burst(self._some, seconds)
        return self.take()

    def take(self) -> dict[str, list[V]]:
        values, self._values, self._size = self._values, {}, 0
        self._some.clear()
        rooms: dict[str, list[V]] = {}
        for (room, _), (value, _) in values.items():
            rooms.setdefault(room, []).append(value)
        return rooms
