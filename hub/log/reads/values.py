"""The last event of each key of topics, read once for all who ask at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from hub.events import Encoded, Event
from hub.log import Log
from hub.log.arrivals import expires, has_expired
from hub.policies.current import table
from hub.support.coalesce import BatchLoader

TOPICS_PER_READ = 10  # each may have thousands of values

Encode = Callable[[Event], Encoded]


def topics_with_values(names: Iterable[str]) -> list[str]:
    """Those whose policy has the last event of each key kept."""
    if not table:
        return []
    return [name for name in names if (policy := table.of(name)) and policy.latest]


class TopicValues:
    """Those of one topic at the position ``upto``, in order; encoded once for all who share them."""

    __slots__ = ("_payloads", "events", "upto")

    def __init__(self, events: list[Event], upto: int) -> None:
        self.events = events
        self.upto = upto
        self._payloads: list[bytes] | None = None

    def payloads(self, encode: Encode) -> Iterator[tuple[int, bytes]]:
        """Each that has not expired, with its position."""
        if self._payloads is None:
            self._payloads = [encode(event).payload for event in self.events]
        for event, payload in zip(self.events, self._payloads, strict=True):
            if not (expires(event.body) and has_expired(event.body)):
                yield event.position, payload


class Snapshot:
    """The values of the topics of one reader.

    What they have at a position beyond ``upto`` is no part of it: of some topics it may have been read later
    than of others.
    """

    def __init__(self, found: Sequence[TopicValues]) -> None:
        self._found = found
        self.upto = min(values.upto for values in found)

    def payloads(self, encode: Encode, upto: int) -> list[bytes]:
        """Those up to a position, in order."""
        upto = min(upto, self.upto)
        found = [one for values in self._found for one in values.payloads(encode) if one[0] <= upto]
        return [payload for _, payload in sorted(found)]

    def events(self, after: Mapping[str, int], upto: int) -> list[Event]:
        """Those between the position after which a topic is read, and another."""
        found = (event for values in self._found for event in values.events)
        return [event for event in found if after[event.topic] < event.position <= upto]


class LatestValues:
    """Reads of `Log.latest`. A value is never older than the call of `of` that it answers."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loader = BatchLoader(self._load)

    async def of(self, names: Sequence[str]) -> Snapshot:
        """The values of topics, one at least; raise `LogAway`."""
        return Snapshot(await asyncio.gather(*map(self._loader.get, names)))

    async def _load(self, names: Sequence[str]) -> dict[str, TopicValues]:
        found: dict[str, TopicValues] = {}
        for start in range(0, len(names), TOPICS_PER_READ):
            values = await self._log.latest(names[start : start + TOPICS_PER_READ])
            found |= {name: TopicValues(events, values.upto) for name, events in values.events.items()}
        return found
