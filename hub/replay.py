"""What stands after a position: from the log and, where that no longer reaches back, the database."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from hub import topics
from hub.events import Event
from hub.log import Log
from hub.people import Recover

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the log with what the database could add to it. ``lost`` topics keep a hole."""

    events: list[Event]
    lost: list[str]
    upto: int
    more: bool


class Replay:
    def __init__(self, log: Log, recover: Recover) -> None:
        self._log = log
        self._recover = recover

    async def head(self) -> int:
        """Where the log is now; raise `LogAway`."""
        return (await self._log.read({})).upto

    async def of(self, names: Iterable[str], after: int) -> AsyncIterator[Stretch]:
        """Everything on these topics after a position, in order; raise `LogAway`.

        A subscriber that had it all is released at the last stretch's ``upto``.
        """
        names = list(names)
        more = True
        while more:
            stretch = await self.stretch(dict.fromkeys(names, after))
            after, more = stretch.upto, stretch.more
            yield stretch

    async def stretch(self, after: Mapping[str, int]) -> Stretch:
        """The first of what stands after each topic's position, never in part; raise `LogAway`."""
        page = await self._log.read(after)
        events, upto, more = page.events, page.upto, page.more
        lost = page.gaps
        holes = {topic: after[topic] for topic in page.gaps if topics.is_kept(topic)}
        if holes:
            try:
                rows, cut, unkept = await self._recover(holes)
            except Exception:
                logger.exception("the database could not fill a hole: it is announced instead")
                return Stretch(events, sorted(page.gaps), upto, more)
            if cut:
                upto, more = min(upto, rows[-1].position), True
            lost = lost - holes.keys() | unkept
            seen = {event.position for event in events}
            events = [*events, *(row for row in rows if row.position not in seen)]
            events = sorted((e for e in events if e.position <= upto), key=lambda event: event.position)
        return Stretch(events, sorted(lost), upto, more)
