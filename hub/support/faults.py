"""What came and could not be used: counted each time, and told once of each place it came from."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict

TOLD = 1000  # places that are remembered; after so many others it is told of one again

logger = logging.getLogger(__name__)


class Mishaps:
    """From any thread. ``times`` is by kind, of which there are few."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, kind: str, place: str, error: BaseException) -> None:
        """Something of this ``kind`` is skipped at a ``place`` (a topic, say). Never raises."""
        with self._lock:
            self.times[kind] += 1
            known = (kind, place) in self._told
            self._told[kind, place] = None
            self._told.move_to_end((kind, place))
            if len(self._told) > TOLD:
                self._told.popitem(last=False)
        if not known:
            logger.error(
                "%s of %.200r skipped, and more of them without a word: %s: %.300s",
                kind,
                place,
                type(error).__name__,
                error,
            )


malformed = Mishaps()
