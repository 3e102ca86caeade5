"""Events after a position: from the log and, where that no longer reaches back, from the database."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub import topics
from hub.events import Event
from hub.log import Log, Page
from hub.log.arrivals import Arrivals
from hub.log.reads.chunks import Chunk, Chunks, Encode
from hub.log.reads.values import LatestValues, topics_with_values
from hub.ports import Application
from hub.support.keyed_lock import KeyedLock

MAX_ROWS = 1000  # that one replay adds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the log, completed with ``rows`` events from the database.

    Of ``lost`` topics events remain missing; of ``too_long`` ones, too, because more were missing than a
    replay may add. Along with ``events`` it has those of ``chunk``, of another topic, up to ``upto``.
    """

    events: list[Event]
    lost: list[str]
    upto: int
    more: bool
    rows: int = 0
    too_long: list[str] = field(default_factory=list)
    chunk: Chunk | None = None


class Replay:
    """Used by `CatchUp` for one subscriber, and by `Fanout` to heal.

    One replay adds ``max_rows`` at most, and only one replay of a person reads rows at a time.
    """

    def __init__(self, log: Log, application: Application, max_rows: int = MAX_ROWS) -> None:
        self._log = log
        self._application = application
        self._max_rows = max_rows
        self._locks = KeyedLock()
        self._chunks = Chunks(log)
        self.values = LatestValues(log)

    async def head(self) -> int:
        """The position at which the log is now; raise `LogAway`."""
        return (await self._log.read({})).upto

    async def of(
        self,
        names: Iterable[str],
        after: int,
        arrivals: Arrivals | None = None,
        encode: Encode | None = None,
    ) -> AsyncIterator[Stretch]:
        """All events on these topics after a position, in order; with ``arrivals`` only a person's own, and
        with ``encode`` those of a long topic in chunks.

        Raises `LogAway`. A subscriber that was sent them is released at ``upto`` of the last stretch.
        """
        names = list(names)
        left, too_long, more = self._max_rows, set[str](), True
        long: Event | None = None  # the last one of a topic that has more than a page
        while more:
            begin = {name: arrivals.begin(name, after) if arrivals else after for name in names}
            if long and encode:
                chunked = await self._chunked(begin, long, after, encode, arrivals)
                if chunked is not None:
                    yield chunked
                    after = chunked.upto
                    if chunked.chunk and not chunked.chunk.more and chunked.chunk.upto <= after:
                        long = None
                    continue
            page = await self._read(begin)
            holes = {topic: begin[topic] for topic in page.gaps if topics.is_kept(topic)}
            if holes and left:
                async with self._locks.hold(arrivals and arrivals.person.id):
                    stretch = await self._filled(page, holes, left)
            else:
                stretch = Stretch(page.events, sorted(page.gaps - holes.keys()), page.upto, page.more)
                stretch = replace(stretch, too_long=sorted(holes.keys() - too_long))
                too_long |= holes.keys()
            if arrivals:
                own = [e for e in stretch.events if arrivals.includes(e.topic, e.position, e.body)]
                stretch = replace(stretch, events=own)
            left -= stretch.rows
            after, more = stretch.upto, stretch.more
            long = _long(page, arrivals)
            yield stretch

    async def stretch(self, after: Mapping[str, int]) -> Stretch:
        """The first events after each topic's position, whatever their number; raise `LogAway`."""
        page = await self._read(after)
        return await self._filled(page, {topic: after[topic] for topic in page.gaps if topics.is_kept(topic)})

    async def _chunked(
        self, begin: dict[str, int], long: Event, after: int, encode: Encode, arrivals: Arrivals | None
    ) -> Stretch | None:
        """A chunk of a long topic with what others have meanwhile; None if that is not simply in the log."""
        chunk = await self._chunks.of(long.topic, after, len(long.body), encode)
        if chunk is None:
            return None
        page = await self._log.read(
            {topic: position for topic, position in begin.items() if topic != long.topic}
        )
        upto = min(page.upto, chunk.upto)
        if page.gaps or upto <= after:
            return None
        events = [event for event in page.events if event.position <= upto]
        if arrivals:
            events = [event for event in events if arrivals.includes(event.topic, event.position, event.body)]
        return Stretch(events, [], upto, more=True, chunk=chunk)

    async def _read(self, after: Mapping[str, int]) -> Page:
        """A page, and where the history of a topic is gone, the last event of each key within it."""
        page = await self._log.read(after)
        names = topics_with_values(page.gaps)
        if not names:
            return page
        # Read after the page: what is newer than that follows.
        values = (await self.values.of(names)).events(after, page.upto)
        events = {event.position: event for event in (*values, *page.events)}
        return replace(page, events=[events[position] for position in sorted(events)])

    async def _filled(self, page: Page, holes: Mapping[str, int], max_rows: int | None = None) -> Stretch:
        """A page with rows for its holes, the first ``max_rows`` of them."""
        lost, upto, more = page.gaps, page.upto, page.more
        if not holes:
            return Stretch(page.events, sorted(lost), upto, more)
        try:
            rows, cut, unkept = await self._application.recover(holes)
        except Exception:
            logger.exception(
                "missing events could not be read from the database: subscribers are told of a gap"
            )
            return Stretch(page.events, sorted(lost), upto, more)
        if max_rows is not None and len(rows) > max_rows:
            rows, cut = rows[:max_rows], True
        if cut:
            upto, more = min(upto, rows[-1].position), True
        seen = {event.position for event in page.events}
        rows = [row for row in rows if row.position not in seen and row.position <= upto]
        events = [*(event for event in page.events if event.position <= upto), *rows]
        events.sort(key=lambda event: event.position)
        # The rows of rooms are copies: what the log lost before it was copied is nowhere.
        uncopied = {topic for topic, after in holes.items() if topics.is_room(topic) and after < page.birth}
        return Stretch(events, sorted(lost - holes.keys() | unkept | uncopied), upto, more, len(rows))


def _long(page: Page, arrivals: Arrivals | None) -> Event | None:
    """The event at which a page was cut, if all who ask are sent the same of its topic."""
    if not page.more or not page.events:
        return None
    last = page.events[-1]
    partial = topics.is_kept(last.topic) or (arrivals and arrivals.since(last.topic, 0))
    return None if partial or last.position != page.upto else last
