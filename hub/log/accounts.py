"""How much of a log is whose, where the log is memory; `append.lua` keeps the same books in Redis."""

from __future__ import annotations

import math
from collections import defaultdict

SLOTS = 12  # in which what is gone together is counted together
MICROSECONDS = 1_000_000


class Accounts:
    """Bytes by owner and by the moment (microseconds) at which they have expired."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._bytes: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))

    def count(self, owner: str, now: int, since: int, lifetime: int, bytes: int) -> None:
        """Count the bytes of what stands since then and for so long; less them if it goes before its time."""
        slot = max(1, lifetime // SLOTS)
        gone = (since // slot + 1) * slot + lifetime
        if gone > now:
            left = self._bytes[owner]
            left[gone] = max(0, left[gone] + bytes)

    def wait(self, owner: str, now: int, bytes: int) -> int | None:
        """In how many seconds an owner may have so many bytes more; None if now."""
        left = self._bytes[owner]
        for gone in [gone for gone in left if gone <= now]:
            del left[gone]
        over = sum(left.values()) + bytes - self._share
        if over <= 0:
            if not left:
                del self._bytes[owner]
            return None
        for gone in sorted(left):
            over -= left[gone]
            if over <= 0:
                return max(1, math.ceil((gone - now) / MICROSECONDS))
        return max(1, math.ceil((max(left, default=now) - now) / MICROSECONDS))
