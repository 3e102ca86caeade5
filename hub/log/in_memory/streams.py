"""The topics of a memory log, each with what its retention keeps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from hub.events import Event
from hub.log import STREAM_BYTES, TopicPage
from hub.log.in_memory.accounts import Accounts
from hub.log.in_memory.stream import Entry, Stream
from hub.log.retention import Retention, retention

MAX_PASSED_OVER = 4  # streams at a time that are older than most may be, and expire later


class Streams:
    """Used by `MemoryLog` under its lock. Times are in microseconds."""

    def __init__(self, default: Retention, accounts: Accounts) -> None:
        self._default = default
        self._accounts = accounts
        self._streams: OrderedDict[str, Stream] = OrderedDict()  # in order of their last event

    def last(self, topic: str) -> int:
        """The position of a topic's last event; 0 if it is not known."""
        stream = self._streams.get(topic)
        return stream.last if stream else 0

    def add(self, event: Event, owner: str, value_key: str, now: int) -> None:
        kept = retention(event.topic, self._default)
        stream = self._streams.setdefault(event.topic, Stream(kept))
        stream.retention = kept
        entry = Entry(event, owner, kept.age)
        if owner:
            if not stream.last:
                self._accounts.count(owner, now, event.position, kept.lifetime, STREAM_BYTES)
            self._accounts.count(owner, now, event.position, kept.age, entry.size)
        stream.add(entry)
        self._streams.move_to_end(event.topic)
        stream.expire(now)
        while stream.full:
            self._give_back(stream.drop(), now)
        if not kept.values:
            stream.values.clear()  # what follows is not among them
            stream.values_bytes = 0
        elif value_key:
            value = Entry(event, owner, kept.values)
            if owner:
                self._accounts.count(owner, now, event.position, kept.values, value.size)
            for dropped in stream.add_value(value_key, value, now):
                self._give_back(dropped, now)

    def remove(self, topic: str, position: int, now: int) -> None:
        stream = self._streams[topic]
        removed = stream.remove(position)
        if removed is not None:
            self._give_back(removed, now)
        for key in [key for key, value in stream.values.items() if value.event.position == position]:
            self._give_back(stream.drop_value(key), now)

    def is_ended(self, topic: str, position: int) -> bool:
        """Whether an event was ended: it takes no edits any more."""
        stream = self._streams.get(topic)
        return stream is not None and stream.edits.get(position) == 0

    def edit(self, event: Event, position: int, ends: bool, now: int) -> None:
        """An event that was added edits, or ends, the one at a position."""
        for removed in self._streams[event.topic].edit(position, event.position, ends):
            self._give_back(removed, now)

    def page(self, topic: str, after: int, birth: int, limit: int, now: int) -> TopicPage | None:
        """The first events of a topic after a position; None if it is not known."""
        stream = self._streams.get(topic)
        if stream is None:
            return None
        stream.retention = retention(topic, self._default)
        stream.expire(now)
        return stream.page(after, birth, limit)

    def values(self, topic: str, now: int) -> list[Event]:
        """The last event of each key, in order of position."""
        stream = self._streams.get(topic)
        kept = retention(topic, self._default).values
        if stream is None or not kept:
            return []
        return [entry.event for entry in stream.values.values() if entry.event.position > now - kept]

    def extent(self, topic: str, now: int) -> tuple[int, int]:
        """How many events there are of a topic, and the position of the last there was."""
        stream = self._streams.get(topic)
        if stream is None:
            return 0, 0
        stream.retention = retention(topic, self._default)
        stream.expire(now)
        return len(stream.entries), stream.last

    def forget(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self._streams.pop(topic, None)

    def expire(self, now: int) -> None:
        """Forget topics that were silent for their lifetime."""
        passed_over = 0
        while self._streams and passed_over < MAX_PASSED_OVER:
            topic, stream = next(iter(self._streams.items()))
            if stream.last >= now - self._default.lifetime:
                break
            if stream.last >= now - stream.retention.lifetime:
                self._streams.move_to_end(topic)
                passed_over += 1
            else:
                del self._streams[topic]

    def _give_back(self, entry: Entry, now: int) -> None:
        if entry.owner:
            self._accounts.count(entry.owner, now, entry.event.position, entry.lifetime, -entry.size)
