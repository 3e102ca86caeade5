"""The last event of each key of topics that an open feed is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.delivery.fanout import Fanout
from hub.delivery.subscriber import Subscriber
from hub.events import Encoded
from hub.feeds.sse import chunk
from hub.log.reads.values import LatestValues, Snapshot, topics_with_values


class AddedValues:
    """They are read once the topics are subscribed to, before the feed has them: what came since is in the
    tails of the topics."""

    def __init__(self, fanout: Fanout, values: LatestValues) -> None:
        self._fanout = fanout
        self._values = values
        self._names: Sequence[str] = ()
        self._snapshot: Snapshot | None = None

    async def read(self, names: Sequence[str]) -> None:
        """Raises `LogAway`."""
        self._names = topics_with_values(names)
        self._snapshot = await self._values.of(self._names) if self._names else None

    @property
    def complete(self) -> bool:
        """Whether the tails reach back to what was read."""
        return all(self._since(name) is not None for name in self._names)

    def put(self, feed: Subscriber, position: int) -> None:
        """Send them to a feed that was added to the topics just now, and has others up to a position."""
        resume = feed.dialect.resume(position).payload
        payload = b"".join([value + resume for value in self._payloads(feed)])
        if payload:
            feed.put(Encoded(payload, chunk(payload)))

    def _payloads(self, feed: Subscriber) -> Iterator[bytes]:
        if self._snapshot is not None:
            yield from self._snapshot.payloads(feed.dialect.event, self._snapshot.upto)
            later = [one for name in self._names for one in self._since(name) or ()]
            for _, encoded in sorted(later, key=lambda one: one[0]):
                yield encoded.payload

    def _since(self, name: str) -> list[tuple[int, Encoded]] | None:
        return self._fanout.topics[name].since(self._snapshot.upto) if self._snapshot else []
