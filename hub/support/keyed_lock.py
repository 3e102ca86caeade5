"""One at a time of each kind; the others of the kind wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    def __init__(self) -> None:
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._there: Counter[Hashable] = Counter()  # who has the turn or waits for it

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def of(self, kind: Hashable) -> AsyncIterator[None]:
        lock = self._locks.setdefault(kind, asyncio.Lock())
        self._there[kind] += 1
        try:
            async with lock:
                yield
        finally:
            self._there[kind] -= 1
            if not self._there[kind]:
                del self._locks[kind], self._there[kind]
