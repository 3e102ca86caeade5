"""Room in the log that each key has for notifications, asked for ahead: of the log once for many.

What an instance was granted it need not ask for again a while. So a key can pass its share by that much at
each instance, and not further; near its share every notification is asked about by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.log import Log, LogFull, Terms
from hub.log.current import shared_log

AHEAD = 256 * 1024  # bytes that are asked for at once, …
GRANTED_S = 1.0  # … and for how long they stay granted


class Allowances:
    """Bytes left of what was granted, by key, from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[int, tuple[Log, int, float]] = {}  # of which log, how much, and until when

    def take(self, key: int, size: int) -> None:
        """Raise `LogFull` if the log has no room for so many bytes more of this key; `LogAway`."""
        log = shared_log()
        if self._taken(log, key, size):
            return
        try:
            log.append([], Terms(str(key), besides=size + AHEAD))
        except LogFull:
            log.append([], Terms(str(key), besides=size))
        else:
            with self._lock:
                self._left[key] = log, AHEAD, self._clock() + GRANTED_S

    def _taken(self, log: Log, key: int, size: int) -> bool:
        with self._lock:
            granter, left, until = self._left.get(key, (log, 0, 0.0))
            if granter is not log or left < size or until < self._clock():
                return False
            self._left[key] = log, left - size, until
            return True


allowances = Allowances()
