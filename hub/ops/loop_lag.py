"""How late the event loop runs what is due."""

from __future__ import annotations

import asyncio
import time
from collections import deque

MEASURE_EVERY_S = 0.25
MEASUREMENTS_KEPT = 40  # ten seconds


class LoopLag:
    """Measures the lag of the loop that `run` belongs to."""

    def __init__(self) -> None:
        self._lags = deque([0.0], maxlen=MEASUREMENTS_KEPT)

    @property
    def worst_s(self) -> float:
        """The worst of the last ten seconds."""
        return max(self._lags)

    async def run(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(MEASURE_EVERY_S)
            self._lags.append(max(0.0, time.perf_counter() - began - MEASURE_EVERY_S))
