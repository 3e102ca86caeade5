"""What stands after a position: from the log and, where that no longer reaches back, the database."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub import topics
from hub.events import Event
from hub.log import Log, Page
from hub.log.arrivals import Arrivals
from hub.ports import Application
from hub.support.keyed_lock import KeyedLock

MOST = 1000  # rows one replay gives

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the log with what the database could add to it, ``rows`` of them.

    ``lost`` topics keep a hole, and so do the ``long`` ones, of which there was too much to give.
    """

    events: list[Event]
    lost: list[str]
    upto: int
    more: bool
    rows: int = 0
    long: list[str] = field(default_factory=list)


class Replay:
    """``most`` rows are given to one reader at once. Of one person's readers one at a time asks for rows."""

    def __init__(self, log: Log, application: Application, most: int = MOST) -> None:
        self._log = log
        self._application = application
        self._most = most
        self._locks = KeyedLock()

    async def head(self) -> int:
        """Where the log is now; raise `LogAway`."""
        return (await self._log.read({})).upto

    async def of(
        self, names: Iterable[str], after: int, arrivals: Arrivals | None = None
    ) -> AsyncIterator[Stretch]:
        """Everything on these topics after a position, in order, or a person's part of it; raise `LogAway`.

        A subscriber that had it all is released at the last stretch's ``upto``.
        """
        names = list(names)
        left, long, more = self._most, set[str](), True
        while more:
            begin = {name: arrivals.begin(name, after) if arrivals else after for name in names}
            page = await self._log.read(begin)
            holes = {topic: begin[topic] for topic in page.gaps if topics.is_kept(topic)}
            if holes and left:
                async with self._locks.hold(arrivals and arrivals.person.id):
                    stretch = await self._filled(page, holes, left)
            else:
                stretch = Stretch(page.events, sorted(page.gaps - holes.keys()), page.upto, page.more)
                stretch = replace(stretch, long=sorted(holes.keys() - long))
                long |= holes.keys()
            if arrivals:
                theirs = [e for e in stretch.events if arrivals.theirs(e.topic, e.position, e.body)]
                stretch = replace(stretch, events=theirs)
            left -= stretch.rows
            after, more = stretch.upto, stretch.more
            yield stretch

    async def stretch(self, after: Mapping[str, int]) -> Stretch:
        """The first of what stands after each topic's position, never in part; raise `LogAway`."""
        page = await self._log.read(after)
        return await self._filled(page, {topic: after[topic] for topic in page.gaps if topics.is_kept(topic)})

    async def _filled(self, page: Page, holes: Mapping[str, int], most: int | None = None) -> Stretch:
        """A page with the first rows of its holes, ``most`` of them."""
        lost, upto, more = page.gaps, page.upto, page.more
        if not holes:
            return Stretch(page.events, sorted(lost), upto, more)
        try:
            rows, cut, unkept = await self._application.recover(holes)
        except Exception:
            logger.exception("the database could not fill a hole: it is announced instead")
            return Stretch(page.events, sorted(lost), upto, more)
        if most is not None and len(rows) > most:
            rows, cut = rows[:most], True
        if cut:
            upto, more = min(upto, rows[-1].position), True
        seen = {event.position for event in page.events}
        rows = [row for row in rows if row.position not in seen and row.position <= upto]
        events = [*(event for event in page.events if event.position <= upto), *rows]
        events.sort(key=lambda event: event.position)
        return Stretch(events, sorted(lost - holes.keys() | unkept), upto, more, len(rows))
