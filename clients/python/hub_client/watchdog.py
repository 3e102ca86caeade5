"""The limit on a connection's silence, for a client that blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Watchdog:
    """Cuts a connection that is silent too long: httpx fixes its own limit before the hub says how long."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._until = float("inf")
        self._changed = threading.Condition()
        self._stopped = False
        threading.Thread(target=self._run, name="hub-feed-watchdog", daemon=True).start()

    def wait_for(self, seconds: float) -> None:
        """The connection is alive now, and may be silent for so long."""
        until = time.monotonic() + seconds
        with self._changed:
            sooner = until < self._until
            self._until = until
            if sooner:
                self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                left_s = self._until - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(min(left_s, threading.TIMEOUT_MAX))
            else:
                return
        self._cut()
