"""Malformed input that is skipped: each is counted, and each source of it logged once."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict

MAX_SOURCES = 1000  # that are remembered as logged, the latest

logger = logging.getLogger(__name__)


class FaultLog:
    """For use from any thread. ``counts`` is by kind; there are few kinds."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def record(self, kind: str, source: str, error: BaseException) -> None:
        """Something of this ``kind`` is skipped that came from a ``source`` (a topic, say). Never raises."""
        with self._lock:
            self.counts[kind] += 1
            logged = (kind, source) in self._logged
            self._logged[kind, source] = None
            self._logged.move_to_end((kind, source))
            if len(self._logged) > MAX_SOURCES:
                self._logged.popitem(last=False)
        if not logged:
            logger.error(
                "skipped a malformed %s of %.200r, and will not log more of them: %s: %.300s",
                kind,
                source,
                type(error).__name__,
                error,
            )


malformed = FaultLog()
