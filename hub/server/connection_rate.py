"""How fast an address may open connections; those beyond are closed before anything is read.

nginx does the same for what comes through it; this is for an instance that can be reached directly.
"""

from __future__ import annotations

import time

from prometheus_client import Counter

clock = time.monotonic

CONNECTIONS_PER_S = 50.0  # per address, on average …
BURST = 500  # … and at once: an office that reconnects
MAX_ADDRESSES = 10_000

REFUSED = Counter(
    "hub_refused_openings", "Connections closed unread because their address opens too many.", registry=None
)


class ConnectionRate:
    """Per address the moment from which its allowance is full again (a leaky bucket, GCRA)."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def allows(self, address: str) -> bool:
        """Whether this address may open another connection now, which then counts."""
        now = clock()
        full_at = max(self._full_at.get(address, 0.0), now) + 1 / CONNECTIONS_PER_S
        if full_at - now > BURST / CONNECTIONS_PER_S:
            REFUSED.inc()
            return False
        if len(self._full_at) >= MAX_ADDRESSES:
            self._forget(now)
        self._full_at[address] = full_at
        return True

    def _forget(self, now: float) -> None:
        """Forget addresses whose allowance is full; all of them if there is none."""
        kept = {address: full_at for address, full_at in self._full_at.items() if full_at > now}
        self._full_at = kept if len(kept) < MAX_ADDRESSES else {}
