"""The load and state of this instance, as numbers for the dashboard."""

from __future__ import annotations

import resource
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

from hub import __version__, events
from hub.delivery.fanout import Fanout
from hub.feeds.endpoint import Feeds
from hub.ops.loop_lag import LoopLag
from hub.rooms.endpoint import Rooms

_STATM = Path("/proc/self/statm")


class InstanceStats:
    """Measures this instance; rates are averages since the previous measurement."""

    def __init__(
        self, instance: str, *, fanout: Fanout, feeds: Feeds, rooms: Rooms, loop_lag: LoopLag
    ) -> None:
        self._instance = instance
        self._fanout = fanout
        self._feeds = feeds
        self._rooms = rooms
        self._loop_lag = loop_lag
        self._started_at = events.stamp()
        self._before = self._counters()

    def measure(self) -> dict[str, Any]:
        """The data of an `instance` event."""
        now, deliveries, received, cpu = counters = self._counters()
        then, deliveries_before, received_before, cpu_before = self._before
        self._before = counters
        seconds = max(now - then, 0.001)
        waiting = (
            subscriber.waiting for subscriber in chain(self._feeds.connections, self._rooms.connections)
        )
        return {
            "instance": self._instance,
            "version": __version__,
            "started_at": self._started_at,
            "feeds": len(self._feeds.connections),
            "members": len(self._rooms.connections),
            "rooms": self._rooms.rooms,
            "topics": len(self._fanout.topics),
            "deliveries_per_s": round((deliveries - deliveries_before) / seconds, 1),
            "heard_per_s": round((received - received_before) / seconds, 1),
            "loop_lag_ms": round(self._loop_lag.worst_s * 1000, 1),
            "hearing_lag_ms": round(self._fanout.lag_s * 1000, 1),
            "hearing": self._fanout.live,
            "memory_mb": round(_memory() / 1_000_000, 1),
            "waiting_bytes": sum(waiting),
            "draining": self._feeds.draining,
            "cpu": round((cpu - cpu_before) / seconds, 3),
        }

    def _counters(self) -> tuple[float, int, int, float]:
        return (
            time.monotonic(),
            self._fanout.topics.deliveries.made,
            self._fanout.received_events,
            time.process_time(),
        )


def _memory() -> int:
    """Bytes resident now; where there is no /proc (macOS), at the most until now."""
    if not _STATM.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return int(_STATM.read_text().split()[1]) * resource.getpagesize()
