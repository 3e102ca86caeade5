"""Bounds how often an event that anyone can cause is recorded: a flood fills no table."""

from __future__ import annotations

import threading
import time

MAX_PER_ADDRESS = 10  # per minute
MAX_TOTAL = 60  # per minute
MAX_ADDRESSES = 1000  # remembered per minute


class Sampler:
    """Counts events per minute and address, from any thread.

    Each instance counts by itself: a cluster records up to that many per instance.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._by_address: dict[str, int] = {}
        self._total = 0

    def accept(self, address: str) -> tuple[bool, bool]:
        """Whether to record this event, and whether it is the last that is recorded in this minute."""
        with self._lock:
            minute = int(time.time() // 60)
            if minute != self._minute:
                self._minute, self._by_address, self._total = minute, {}, 0
            seen = self._by_address.get(address, 0)
            if seen >= MAX_PER_ADDRESS or self._total >= MAX_TOTAL or len(self._by_address) >= MAX_ADDRESSES:
                return False, False
            self._by_address[address] = seen + 1
            self._total += 1
            return True, seen + 1 == MAX_PER_ADDRESS or self._total == MAX_TOTAL
