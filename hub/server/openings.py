"""How fast an address may open connections: whoever comes faster is closed before anything is read.

nginx does the same for what comes through it; this is for an instance that strangers can reach.
"""

from __future__ import annotations

import time

from prometheus_client import Counter

clock = time.monotonic

PER_S = 50.0  # connections that an address opens a second, on average …
BURST = 500  # … and at once: an office that comes back
MOST = 10_000  # addresses that are told apart

REFUSED = Counter(
    "hub_refused_openings", "Connections closed unread because their address opens too many.", registry=None
)


class Openings:
    """By address, the moment from which its allowance is full again (a leaky bucket, GCRA)."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def allows(self, address: str) -> bool:
        """Whether this address may open another connection now."""
        now = clock()
        full_at = max(self._full_at.get(address, 0.0), now) + 1 / PER_S
        if full_at - now > BURST / PER_S:
            REFUSED.inc()
            return False
        if len(self._full_at) >= MOST:
            self._forget(now)
        self._full_at[address] = full_at
        return True

    def _forget(self, now: float) -> None:
        """Forget those whose allowance is full, or all where nobody's is."""
        kept = {address: full_at for address, full_at in self._full_at.items() if full_at > now}
        self._full_at = kept if len(kept) < MOST else {}
