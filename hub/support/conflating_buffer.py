"""A bounded buffer that keeps only the latest value per key, drained periodically."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

from hub.support.debounce import burst

V = TypeVar("V")


class ConflatingBuffer(Generic[V]):
    """Values by group and key, for what may be lost. Belongs to one event loop.

    Over ``max_keys``, or a sum of sizes over ``max_size``, the values that changed longest ago are dropped.
    """

    def __init__(self, max_keys: int, max_size: int) -> None:
        self._max_keys = max_keys
        self._max_size = max_size
        self._size = 0
        # In order of their last change.
        self._values: dict[tuple[str, Hashable], tuple[V, int]] = {}
        self._filled = asyncio.Event()

    def put(self, group: str, key: Hashable, value: V, size: int) -> int:
        """Replace the value of a key; return how many other values were dropped for it."""
        _, before = self._values.pop((group, key), (None, 0))
        self._values[group, key] = value, size
        self._size += size - before
        self._filled.set()
        dropped = 0
        while len(self._values) > self._max_keys or (self._size > self._max_size and len(self._values) > 1):
            _, freed = self._values.pop(next(iter(self._values)))
            self._size -= freed
            dropped += 1
        return dropped

    async def gather(self, gather_s: float) -> dict[str, list[V]]:
        """Wait for a value, and ``gather_s`` longer for others; return and remove all of them, by group."""
        await burst(self._filled, gather_s)
        return self.drain()

    def drain(self) -> dict[str, list[V]]:
        values, self._values, self._size = self._values, {}, 0
        self._filled.clear()
        groups: dict[str, list[V]] = {}
        for (group, _), (value, _) in values.items():
            groups.setdefault(group, []).append(value)
        return groups
