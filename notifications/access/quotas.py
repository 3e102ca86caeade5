"""Rate limits per API key: events, bytes and notifications per second, on each instance."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable

from django.conf import settings

from hub.errors import Problem

# Everything that creates a row is counted together.
WORDS = {"events": "events", "bytes": "bytes", "notifications": "notifications, tokens and rooms"}
MAX_BUCKETS = 20_000  # beyond them full ones are forgotten
BURST_S = 3  # seconds' worth that may come at once


class Quota:
    """A token bucket per API key, or person; used from any thread.

    One request may overdraw the bucket, and the next ones wait: a request larger than the burst passes too,
    only less often.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._full = per_s * BURST_S
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[Hashable, tuple[float, float]] = {}  # by key: tokens left, and when

    def wait(self, key: Hashable) -> float:
        """Seconds until this key may spend again; 0.0 if it may now."""
        with self._lock:
            return max(0.0, -self._now(key) / self._per_s)

    def spend(self, key: Hashable, amount: float) -> None:
        with self._lock:
            if len(self._left) >= MAX_BUCKETS:
                self._left = {one: self._left[one] for one in self._left if self._now(one) < self._full}
            self._left[key] = self._now(key) - amount, self._clock()

    def _now(self, key: Hashable) -> float:
        left, at = self._left.get(key, (self._full, 0.0))
        return min(self._full, left + (self._clock() - at) * self._per_s)


class Quotas:
    """The buckets of each limit of the settings."""

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
        """Count what a key is about to publish; raise a `Problem` of 429 if it is over any limit."""
        for what in amounts:
            per_s, quota = self._quotas[what]
            if wait := quota.wait(key):
                raise Problem(
                    429,
                    f"This API key is over its {per_s:.0f} {WORDS[what]} per second: try again later.",
                    retry_after=math.ceil(wait),
                )
        self.add(key, **amounts)

    def wait(self, key: int, *what: str) -> float:
        """Seconds until a key is within these limits; 0.0 if it is now."""
        return max(self._quotas[one][1].wait(key) for one in what)

    def add(self, key: int, **amounts: float) -> None:
        """Count amounts that were not known before."""
        for what, amount in amounts.items():
            self._quotas[what][1].spend(key, amount)


quotas = Quotas()
