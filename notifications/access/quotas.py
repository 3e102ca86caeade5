"""How much a program may publish a second, by its key: each instance lets through so much, and tells the rest
when to come again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from django.conf import settings

from hub.errors import Problem

# What leaves a row behind is counted together.
WORDS = {"events": "events", "bytes": "bytes", "notifications": "notifications, tokens and rooms"}
BURST_S = 3  # so many seconds' worth may come at once


class Quota:
    """Amounts a second by key, from any thread.

    What is asked for at once may overdraw, and is then waited for: so what is larger than a burst comes
    through too, but no more often than it may.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[int, tuple[float, float]] = {}  # how much, and when that was

    def wait(self, key: int) -> float:
        """For how many seconds this key has nothing left."""
        with self._lock:
            return max(0.0, -self._now(key) / self._per_s)

    def spend(self, key: int, amount: float) -> None:
        with self._lock:
            self._left[key] = self._now(key) - amount, self._clock()

    def _now(self, key: int) -> float:
        full = self._per_s * BURST_S
        left, at = self._left.get(key, (full, 0.0))
        return min(full, left + (self._clock() - at) * self._per_s)


class Quotas:
    """What the settings allow each key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._quotas = {
            what: (per_s, Quota(per_s, clock))
            for what, per_s in (
                ("events", settings.HUB_KEY_EVENTS_PER_S),
                ("bytes", settings.HUB_KEY_BYTES_PER_S),
                ("notifications", settings.HUB_KEY_NOTIFICATIONS_PER_S),
            )
        }

    def spend(self, key: int, **amounts: float) -> None:
        """Count what a key is about to publish; raise a `Problem` of 429 if it has had its due of any."""
        for what in amounts:
            per_s, quota = self._quotas[what]
            if wait := quota.wait(key):
                raise Problem(
                    429,
                    f"This key publishes more than {per_s:.0f} {WORDS[what]} a second: send it again later.",
                    retry_after=math.ceil(wait),
                )
        self.add(key, **amounts)

    def add(self, key: int, **amounts: float) -> None:
        """Count what turned out to be more."""
        for what, amount in amounts.items():
            self._quotas[what][1].spend(key, amount)


quotas = Quotas()
