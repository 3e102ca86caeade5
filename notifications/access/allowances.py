"""Space in the log for the notifications of each API key, reserved ahead: one request to the log for many.

An instance reserves `RESERVED_BYTES` at a time, so a key can exceed its share by that much per instance and
no more; near the limit of its share every notification is checked by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.log import Log, LogFull, Terms
from hub.log.current import shared_log

RESERVED_BYTES = 256 * 1024
RESERVED_S = 1.0  # how long a reservation is good


class Allowances:
    """The bytes left of each key's reservation; used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[int, tuple[Log, int, float]] = {}  # by key: log, bytes left, expiry

    def reserve(self, key: int, size: int) -> None:
        """Raise `LogFull` if this key's share of the log has no space for ``size`` bytes; `LogAway`."""
        log = shared_log()
        if self._reserved(log, key, size):
            return
        try:
            log.append([], Terms(str(key), extra_bytes=size + RESERVED_BYTES))
        except LogFull:
            log.append([], Terms(str(key), extra_bytes=size))
        else:
            with self._lock:
                self._left[key] = log, RESERVED_BYTES, self._clock() + RESERVED_S

    def _reserved(self, log: Log, key: int, size: int) -> bool:
        with self._lock:
            owner, left, until = self._left.get(key, (log, 0, 0.0))
            if owner is not log or left < size or until < self._clock():
                return False
            self._left[key] = log, left - size, until
            return True


allowances = Allowances()
