"""Stops that reach the producer, at whatever instance it calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from hub import topics
from hub.events import Event
from notifications.runs.lifecycle import STOP
from notifications.runs.shared import production

_waiting: dict[UUID, set[asyncio.Event]] = {}


def event_received(event: Event) -> None:
    """Have the producer of a run that ended stop; called with every event that this instance receives."""
    if event.topic == topics.CONTROL and event.type == STOP:
        run = UUID(event.data["run"])
        production.ended(run)
        for waiting in _waiting.get(run, ()):
            waiting.set()


@asynccontextmanager
async def waiting(run: UUID) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
    """What returns once the run ends, or after so many seconds. An end after this began is not missed."""
    ended = asyncio.Event()
    _waiting.setdefault(run, set()).add(ended)

    async def until_ended(seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ended.wait()

    try:
        yield until_ended
    finally:
        _waiting[run].discard(ended)
        if not _waiting[run]:
            del _waiting[run]
