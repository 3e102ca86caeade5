"""One topic of a memory log."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from hub.events import Event
from hub.log import ENTRY_BYTES, TopicPage
from hub.log.retention import MAX_VALUES, MAX_VALUES_BYTES, Retention


class Entry(NamedTuple):
    """An event, and whose share of the log it is counted in for how long (microseconds)."""

    event: Event
    owner: str
    lifetime: int

    @property
    def size(self) -> int:
        """Estimated bytes."""
        return len(self.event.type) + len(self.event.body) + ENTRY_BYTES


class Stream:
    """Entries of one topic in order of position. Used by `MemoryLog` under its lock."""

    __slots__ = ("bytes", "edits", "entries", "last", "removed", "retention", "values", "values_bytes")

    def __init__(self, retention: Retention) -> None:
        self.retention = retention
        self.entries: deque[Entry] = deque()
        self.bytes = 0
        self.last = 0
        self.removed: dict[int, int] = {}  # position of a removed entry → the one before it
        self.edits: dict[int, int] = {}  # position of an edited entry → its last edit, 0 if it was ended
        self.values: dict[str, Entry] = {}  # the last entry of each key, in order of position
        self.values_bytes = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.bytes += entry.size
        self.last = entry.event.position

    def add_value(self, key: str, entry: Entry, now: int) -> Iterator[Entry]:
        """Keep the last entry of a key; those that have to go for it."""
        if key in self.values:
            yield self.drop_value(key)
        self.values[key] = entry
        self.values_bytes += entry.size
        while self._values_full or self._first_value.event.position <= now - self.retention.values:
            yield self.drop_value(next(iter(self.values)))

    def drop_value(self, key: str) -> Entry:
        entry = self.values.pop(key)
        self.values_bytes -= entry.size
        return entry

    @property
    def _values_full(self) -> bool:
        return len(self.values) > MAX_VALUES or self.values_bytes > MAX_VALUES_BYTES

    @property
    def _first_value(self) -> Entry:
        return next(iter(self.values.values()))

    @property
    def full(self) -> bool:
        """Whether the oldest entry has to go."""
        return len(self.entries) > self.retention.events or (
            self.bytes > self.retention.bytes and len(self.entries) > 1
        )

    def drop(self) -> Entry:
        """Remove and return the oldest entry."""
        entry = self.entries.popleft()
        self.bytes -= entry.size
        return entry

    def expire(self, now: int) -> None:
        """Remove what is too old."""
        while self.entries and self.entries[0].event.position < now - self.retention.age:
            self.drop()

    def remove(self, position: int) -> Entry | None:
        """Remove and return the entry at a position, if it is there; no gap is left."""
        for entry in self.entries:
            if entry.event.position == position:
                self.entries.remove(entry)
                self.bytes -= entry.size
                self.removed[position] = entry.event.previous
                if len(self.removed) > self.retention.events:
                    del self.removed[next(iter(self.removed))]
                return entry
        return None

    def edit(self, position: int, by: int, ends: bool) -> list[Entry]:
        """Remove what had the text of the entry at a position before; what was removed."""
        gone = [self.remove(at) for at in (position, self.edits.pop(position, 0)) if at]
        self.edits[position] = 0 if ends else by
        if len(self.edits) > self.retention.events:
            del self.edits[next(iter(self.edits))]
        return [entry for entry in gone if entry is not None]

    def page(self, after: int, birth: int, limit: int) -> TopicPage:
        """The first events after a position."""
        events = [entry.event for entry in self.entries if entry.event.position > after]
        proved = events[0].previous if events else self.last
        while proved > after and proved in self.removed:
            proved = self.removed[proved]
        cut = events[limit - 1].position if len(events) > limit else None
        return TopicPage(events[:limit], max(birth, proved) > after, cut)
