"""How much there is of a topic: of its events in the log, and of processes that receive them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from hub.log.extent import Extent
from hub.log.in_memory.streams import Streams
from hub.log.retention import Retention, retention
from hub.log.script import CHANNEL, EXTENT, STATE, STREAM


class RedisMeasures:
    """Of a log in Redis. ``unless_away`` makes its errors `LogAway`."""

    def __init__(
        self, client: Any, unless_away: Callable[[], AbstractContextManager[None]], default: Retention
    ) -> None:
        self._client = client
        self._unless_away = unless_away
        self._default = default
        self._extent = client.register_script(EXTENT)

    def extent(self, topic: str) -> Extent:
        with self._unless_away():
            age = retention(topic, self._default).age
            events, position = self._extent([*STATE, STREAM + topic], [age])
        return Extent(int(events), int(position))

    def instances(self, topics: Sequence[str]) -> list[int]:
        with self._unless_away():
            found = self._client.pubsub_numsub(*(CHANNEL + topic for topic in topics))
        return [int(number) for _, number in found]


class MemoryMeasures:
    """Of a log in memory, whose one process is this one. ``locked`` is held while its streams are read."""

    def __init__(
        self,
        streams: Streams,
        locked: AbstractContextManager[Any],
        now: Callable[[], int],
        serves: Callable[[], bool],
    ) -> None:
        self._streams = streams
        self._locked = locked
        self._now = now
        self._serves = serves

    def extent(self, topic: str) -> Extent:
        with self._locked:
            return Extent(*self._streams.extent(topic, self._now()))

    def instances(self, topics: Sequence[str]) -> list[int]:
        return [int(self._serves())] * len(topics)
