"""Bytes of a memory log by owner; `append.lua` keeps the same accounts in Redis."""

from __future__ import annotations

import math
from collections import defaultdict

from hub.log import MICROSECONDS, LogFull

SLOTS = 12  # per lifetime; what expires in the same slot is counted together


class Accounts:
    """Bytes by owner and by the moment (microseconds) at which they will have expired."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._bytes: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))

    def count(self, owner: str, now: int, since: int, lifetime: int, bytes: int) -> None:
        """Add the bytes of an entry appended at ``since``; negative ones if it is dropped early."""
        slot = max(1, lifetime // SLOTS)
        gone = (since // slot + 1) * slot + lifetime
        if gone > now:
            left = self._bytes[owner]
            left[gone] = max(0, left[gone] + bytes)

    def check(self, owner: str, now: int, bytes: int) -> None:
        """Raise `LogFull` if an owner has no room for so many bytes."""
        seconds = self._wait(owner, now, bytes)
        if seconds is not None:
            raise LogFull(seconds)

    def _wait(self, owner: str, now: int, bytes: int) -> int | None:
        """Seconds until an owner has room for so many bytes; None if there is room now."""
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
