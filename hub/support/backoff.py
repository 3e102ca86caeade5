"""Retries with exponential, fully jittered waits, for loops that keep a connection."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

FIRST_WAIT_S = 0.05
MAX_WAIT_S = 2.0
STABLE_S = 10.0  # an attempt that lasted longer had succeeded: the next wait is the first again


async def retry_forever(
    attempt: Callable[[], Awaitable[None]], report: Callable[[Exception], None]
) -> NoReturn:
    """Call ``attempt`` again and again until cancelled, whether it returns or raises.

    ``report`` is given what an attempt raised. The wait before the next one is random, up to a limit that
    doubles with each attempt.
    """
    max_wait_s = FIRST_WAIT_S
    while True:
        began = time.monotonic()
        try:
            await attempt()
        except Exception as error:
            report(error)
        stable = time.monotonic() - began > STABLE_S
        max_wait_s = FIRST_WAIT_S if stable else min(max_wait_s * 2, MAX_WAIT_S)
        await asyncio.sleep(random.uniform(0, max_wait_s))  # noqa: S311
