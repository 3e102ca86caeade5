"""Fair turns: no ready item is served twice before the others, and no turn holds up the event loop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

MAX_TURN_S = 0.001

T = TypeVar("T")


class RoundRobin(Generic[T]):
    """``ready`` returns the items; those that a turn leaves over are served first in the next one."""

    def __init__(self, ready: Callable[[], Iterable[T]], serve: Callable[[T], None]) -> None:
        self._ready = ready
        self._serve = serve
        self._waiting: deque[T] = deque()

    def turn(self) -> None:
        until = time.monotonic() + MAX_TURN_S
        if not self._waiting:
            self._waiting.extend(self._ready())
        while self._waiting:
            self._serve(self._waiting.popleft())
            if time.monotonic() >= until:
                return
