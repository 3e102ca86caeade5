"""What is replayed to a person: nothing from before a topic was theirs, and nothing that has expired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from hub.events import stamp
from hub.ports import Person

MAX_SKEW_US = 60 * 1_000_000  # that the log's clock may be behind the one that dated an event
MAX_DELAY_US = 24 * 3600 * 1_000_000  # from when an event was due to when it is published

_AT = b'"at":"'
_WIDTH = len(stamp())
_EXPIRES_AT = b'","expires_at":"'  # right after the date


class Arrivals:
    """At which position each of these topics became one person's (`Person.since`).

    What counts is the date in an event (``at``), which its position only follows: a notification that was due
    before the person arrived may be published after. Of a topic with a floor nothing up to that position is
    replayed at all.
    """

    __slots__ = ("_floors", "_since", "_stamps", "person")

    def __init__(
        self, person: Person, topics: Iterable[str], floors: Mapping[str, int] | None = None
    ) -> None:
        self.person = person
        self._floors = floors or {}
        since = dict(zip(person.own, person.since, strict=False))
        self._since = {topic: since[topic] for topic in topics if since.get(topic)}
        self._stamps: dict[int, bytes] = {}

    def since(self, topic: str, position: int) -> int:
        """The later of a position and that at which the topic became theirs."""
        return max(position, self._since.get(topic, 0))

    def begin(self, topic: str, position: int) -> int:
        """From where to read events after a position: none of theirs is earlier."""
        return max(position, self._since.get(topic, 0) - MAX_SKEW_US, self._floors.get(topic, 0))

    def includes(self, topic: str, position: int, data: bytes) -> bool:
        """Whether an event, ``data`` in JSON, came to the topic after the person did, and has not expired."""
        start = data.find(_AT) + len(_AT)
        if _expired(data, start + _WIDTH):
            return False
        since = self._since.get(topic, 0)
        if position > since + MAX_DELAY_US:
            return True
        at, came = data[start : start + _WIDTH], self._stamp(since)
        # A stamp has milliseconds. Within one the position decides, and for an event without a stamp.
        return position >= since if start < len(_AT) or at == came else at > came

    def _stamp(self, position: int) -> bytes:
        if position not in self._stamps:
            seconds, microsecond = divmod(position, 1_000_000)
            moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=microsecond)
            self._stamps[position] = stamp(moment).encode()
        return self._stamps[position]


def has_expired(data: bytes) -> bool:
    """Whether an event, ``data`` in JSON, has expired."""
    return _expired(data, data.find(_AT) + len(_AT) + _WIDTH)


def expires(data: bytes) -> bool:
    """Whether an event, ``data`` in JSON, will expire or has."""
    return data.startswith(_EXPIRES_AT, data.find(_AT) + len(_AT) + _WIDTH)


def _expired(data: bytes, end: int) -> bool:
    """The same; its date ends at ``end``."""
    start = end + len(_EXPIRES_AT)
    return data.startswith(_EXPIRES_AT, end) and data[start : start + _WIDTH] <= stamp().encode()
