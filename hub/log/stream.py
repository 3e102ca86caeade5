"""One topic of a memory log."""

from __future__ import annotations

from collections import deque

from hub.events import Event
from hub.log import ENTRY_BYTES


class Stream:
    """Entries of one topic in order of position, each with its owner. Used by `MemoryLog` under its lock."""

    __slots__ = ("bytes", "entries", "last", "owners", "removed")

    def __init__(self) -> None:
        self.entries: deque[Event] = deque()
        self.owners: deque[str] = deque()  # of each entry
        self.bytes = 0
        self.last = 0
        self.removed: dict[int, int] = {}  # position of a removed entry → the one before it

    def add(self, event: Event, owner: str) -> None:
        self.entries.append(event)
        self.owners.append(owner)
        self.bytes += size(event)
        self.last = event.position

    def drop(self) -> tuple[Event, str]:
        """Remove and return the oldest entry and its owner."""
        event = self.entries.popleft()
        self.bytes -= size(event)
        return event, self.owners.popleft()

    def trim(self, before: int) -> None:
        """Remove what is at earlier positions."""
        while self.entries and self.entries[0].position < before:
            self.drop()

    def remove(self, event: Event) -> None:
        index = self.entries.index(event)
        del self.entries[index], self.owners[index]
        self.bytes -= size(event)
        self.removed[event.position] = event.previous


def size(event: Event) -> int:
    """Estimated bytes of an entry."""
    return len(event.type) + len(event.body) + ENTRY_BYTES
