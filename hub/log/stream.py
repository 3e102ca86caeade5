"""What a log in memory keeps of one topic."""

from __future__ import annotations

from collections import deque

from hub.events import Event
from hub.log import ENTRY


class Stream:
    __slots__ = ("bytes", "entries", "last", "owners", "removed")

    def __init__(self) -> None:
        self.entries: deque[Event] = deque()
        self.owners: deque[str] = deque()  # of each entry
        self.bytes = 0
        self.last = 0
        self.removed: dict[int, int] = {}  # where something was taken back: what had stood before it

    def add(self, event: Event, owner: str) -> None:
        self.entries.append(event)
        self.owners.append(owner)
        self.bytes += size(event)
        self.last = event.position

    def drop(self) -> tuple[Event, str]:
        """The oldest, and its owner."""
        event = self.entries.popleft()
        self.bytes -= size(event)
        return event, self.owners.popleft()

    def remove(self, event: Event) -> None:
        index = self.entries.index(event)
        del self.entries[index], self.owners[index]
        self.bytes -= size(event)
        self.removed[event.position] = event.previous


def size(event: Event) -> int:
    """Bytes that it is taken to need."""
    return len(event.type) + len(event.body) + ENTRY
