"""From when on a topic is somebody's: what came before they did is not replayed to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from hub.events import stamp
from hub.ports import Person

SKEW = 60 * 1_000_000  # microseconds that the log's clock may be behind that of whoever dates an event
LATE = 24 * 3600 * 1_000_000  # so long after they came nobody asks when what is published was due

_AT = b'"at":"'
_WIDTH = len(stamp())


class Arrivals:
    """Of one person, at which position each of these topics became theirs (`Person.since`).

    An event says itself from when it is (``at``); its position only follows that: a notification that was
    due before they came may be published after it.
    """

    __slots__ = ("_since", "_stamps", "person")

    def __init__(self, person: Person, topics: Iterable[str]) -> None:
        self.person = person
        since = dict(zip(person.own, person.since, strict=False))
        self._since = {topic: since[topic] for topic in topics if since.get(topic)}
        self._stamps: dict[int, bytes] = {}

    def since(self, topic: str, position: int) -> int:
        """After where the topic is theirs, of what stands after a position."""
        return max(position, self._since.get(topic, 0))

    def begin(self, topic: str, position: int) -> int:
        """From where to read what stands after a position: nothing of theirs stands before it."""
        return max(position, self._since.get(topic, 0) - SKEW)

    def theirs(self, topic: str, position: int, data: bytes) -> bool:
        """Whether what stands there, ``data`` of an event, came to the topic after they did."""
        since = self._since.get(topic, 0)
        if position > since + LATE:
            return True
        start = data.find(_AT) + len(_AT)
        at, came = data[start : start + _WIDTH], self._stamp(since)
        # A stamp is of milliseconds; within one the position decides, and so of what bears none.
        return position >= since if start < len(_AT) or at == came else at > came

    def _stamp(self, position: int) -> bytes:
        if position not in self._stamps:
            seconds, microsecond = divmod(position, 1_000_000)
            moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=microsecond)
            self._stamps[position] = stamp(moment).encode()
        return self._stamps[position]
