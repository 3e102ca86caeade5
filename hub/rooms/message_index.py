"""What a room knows of its messages, by position: who said them, and what was done to them since."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_INDEXED = 1000  # messages of a room; older ones are asked for


@dataclass(slots=True)
class Indexed:
    """A message. ``reactions``: ids of people by reaction; ``edit`` is the position of its last edit."""

    sender: str
    id: str
    at: str
    removed: bool = False
    edit: int = 0
    reactions: dict[str, set[str]] = field(default_factory=dict)


class MessageIndex:
    """The latest messages of one room, and older ones that were asked for."""

    def __init__(self) -> None:
        self._messages: OrderedDict[int, Indexed] = OrderedDict()
        # Changes of messages that are being asked for: type, position, data.
        self._expected: dict[int, list[tuple[str, int, Mapping[str, Any]]]] = {}

    def get(self, position: int) -> Indexed | None:
        return self._messages.get(position)

    def add(self, position: int, data: Mapping[str, Any]) -> Indexed:
        """A message, by the data of its event."""
        message = Indexed(data["from"]["id"], data["id"], data["at"])
        for reaction, people in data.get("reactions", {}).items():
            message.reactions[reaction] = set(people)
        self._messages[position] = message
        if len(self._messages) > MAX_INDEXED:
            self._messages.popitem(last=False)
        for change in self._expected.pop(position, ()):
            self.fold(*change)
        return message

    def expect(self, position: int) -> None:
        """A message is about to be asked for: keep its changes until it is added, or missing."""
        self._expected.setdefault(position, [])

    def miss(self, position: int) -> None:
        """It could not be had."""
        self._expected.pop(position, None)

    def fold(self, type: str, position: int, data: Mapping[str, Any]) -> int:
        """Account for a change, any number of times; the position of the edit that it makes void, or 0."""
        message = self._messages.get(int(data["of"]))
        if message is None:
            if (expected := self._expected.get(int(data["of"]))) is not None:
                expected.append((type, position, data))
            return 0
        edit = message.edit if message.edit != position else 0
        if type == "removed":
            message.removed = True
            message.reactions.clear()
            return edit
        if type == "edited":
            message.edit = position
            return edit
        if type == "reacted" and not message.removed:
            people = message.reactions.setdefault(data["body"], set())
            if data["on"]:
                people.add(data["from"]["id"])
            else:
                people.discard(data["from"]["id"])
            if not people:
                del message.reactions[data["body"]]
        return 0

    def clear(self) -> None:
        self._messages.clear()
