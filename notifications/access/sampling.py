"""What strangers cause is noted, but not without bound: a flood of it is told once a minute and address."""

from __future__ import annotations

import threading
import time

A_MINUTE = 10  # from one address
ALTOGETHER = 60  # from all
ADDRESSES = 1000  # that are remembered


class Sample:
    """Of this process. Instances sample by themselves: so many times more entries are the most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._seen: dict[str, int] = {}
        self._all = 0

    def take(self, address: str) -> tuple[bool, bool]:
        """Whether to note this one, and whether it is the last that is noted this minute."""
        with self._lock:
            minute = int(time.time() // 60)
            if minute != self._minute:
                self._minute, self._seen, self._all = minute, {}, 0
            seen = self._seen.get(address, 0)
            if seen >= A_MINUTE or self._all >= ALTOGETHER or len(self._seen) >= ADDRESSES:
                return False, False
            self._seen[address] = seen + 1
            self._all += 1
            return True, seen + 1 == A_MINUTE or self._all == ALTOGETHER
