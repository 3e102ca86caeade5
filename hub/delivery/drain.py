"""An instance that leaves: everybody is sent elsewhere, in slices, so that not all arrive there at once."""

from __future__ import annotations

import asyncio
import random

from hub.delivery.heartbeat import RETIRE, Wheel, alone


async def drain(subscribers: Wheel, seconds: float) -> None:
    """Retire all of them, and return when they are gone or the time is over."""
    until = asyncio.get_running_loop().time() + seconds
    leaving = list(subscribers)
    if not leaving:
        return
    random.shuffle(leaving)
    slices = max(1, min(len(leaving), round(seconds * 10)))
    for number in range(slices):
        for subscriber in leaving[number::slices]:
            alone(RETIRE, subscriber)
        # The last part of the time is for readers to take what waits.
        await asyncio.sleep(seconds * 0.8 / slices * random.uniform(0.5, 1))  # noqa: S311
    while subscribers and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
