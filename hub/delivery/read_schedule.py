"""Those that are ready, each served once before one is served again, and never so long that others wait."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

TURN_S = 0.001  # then the rest of the event loop has its turn

T = TypeVar("T")


class Rota(Generic[T]):
    """``ready`` names them; whoever is not served in a turn is served first in the next one."""

    def __init__(self, ready: Callable[[], Iterable[T]], serve: Callable[[T], None]) -> None:
        self._ready = ready
        self._serve = serve
        self._waiting: deque[T] = deque()

    def turn(self) -> None:
        until = time.monotonic() + TURN_S
        if not self._waiting:
            self._waiting.extend(self._ready())
        while self._waiting:
            self._serve(self._waiting.popleft())
            if time.monotonic() >= until:
                return
