"""Replays of rooms: a message that was edited is sent where it was said, as it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

from hub.log.arrivals import Arrivals
from hub.log.reads.chunks import Encode
from hub.log.replay import Replay, Stretch
from hub.rooms.changes import compacted


class RoomReplay(Replay):
    """A replay of one room's topic."""

    async def of(
        self,
        names: Iterable[str],
        after: int,
        arrivals: Arrivals | None = None,
        encode: Encode | None = None,
    ) -> AsyncIterator[Stretch]:
        async for stretch in super().of(names, after, arrivals, encode):
            yield replace(stretch, events=compacted(stretch.events, after))
            after = stretch.upto
