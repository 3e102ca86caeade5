"""Changes of the topics of feeds that this process holds."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Sequence

from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.open_connections import OpenConnections
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.feeds import sse
from hub.feeds.added_values import AddedValues
from hub.feeds.request import check_number
from hub.log.reads.values import LatestValues
from hub.ports import Application
from hub.support.keyed_lock import KeyedLock

CHANGE_S = 2.0  # in which a feed is ready for a change, and has it
LOOK_S = 0.01
MAX_WAITING = 32  # changes of one feed
ADDED_PER_S = (
    100.0  # topics that one person may add, over their feeds here: each is subscribed to for a while
)
MAX_BURST_S = 10.0
MAX_PEOPLE = 1000  # whose rate is kept, before those who are below it are dropped


class TopicChanges:
    """Adds topics to open feeds, and removes them. Belongs to one event loop."""

    def __init__(
        self,
        feeds: OpenConnections,
        fanout: Fanout,
        limits: ConnectionLimits,
        application: Application,
        values: LatestValues,
    ) -> None:
        self._feeds = feeds
        self._fanout = fanout
        self._limits = limits
        self._application = application
        self._values = values
        self._locks = KeyedLock()
        self._waiting: Counter[int] = Counter()  # by number of the feed
        self._full_at: dict[str, float] = {}  # by person's id: from when they may add a whole burst (GCRA)

    async def apply(self, number: int, add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
        """The topics that the feed with this number has then, of which it has been told.

        Raises `LogAway`, and a `Problem` of 400, 401, 403, 410, 429 or 503; then nothing has changed.
        """
        feed = self._feeds.get(number)
        if feed is None:
            raise _ended()
        if self._waiting[number] >= MAX_WAITING:
            raise Problem(
                429,
                f"{MAX_WAITING} changes of this feed are under way: send several topics at once.",
                retry_after=1,
            )
        self._waiting[number] += 1
        try:
            async with asyncio.timeout(CHANGE_S), self._locks.hold(number):
                return await self._apply(feed, tuple(add), remove)
        except TimeoutError:
            raise Problem(
                503, "This feed is still being brought up to date: try again in a moment.", retry_after=1
            ) from None
        finally:
            self._waiting[number] -= 1
            if not self._waiting[number]:
                del self._waiting[number]

    async def _apply(self, feed: Subscriber, add: tuple[str, ...], remove: Sequence[str]) -> tuple[str, ...]:
        await self._until_ready(feed)
        added = tuple(topic for topic in add if topic not in feed.topics)
        if added:
            self._count(feed.person.id, len(added))
            await self._fanout.prepare(feed, added)
        person = feed.person
        values = AddedValues(self._fanout, self._values)
        while True:
            await self._until_ready(feed)
            if added:
                await values.read(added)
                person = await self._application.extend(feed.person, added)
            if self._is_ready(feed) and values.complete:
                break
        # Nothing is awaited from here on: whatever ends the right finds the feed with its new topics.
        own = set(feed.person.own)
        if not own.issubset(feed.topics):
            own = set()  # the feed was opened without the inbox
        kept = [topic for topic in feed.topics if topic in own or topic not in remove]
        names = tuple(dict.fromkeys((*kept, *added)))
        check_number(len(set(names) - own))
        more = len(set(names).difference(person.own)) - len(set(feed.topics).difference(person.own))
        self._limits.change(person.id, more)
        feed.person = person
        position = self._fanout.change(feed, names)
        feed.put(sse.changed(names, position))
        values.put(feed, position)
        return names

    async def _until_ready(self, feed: Subscriber) -> None:
        while not self._is_ready(feed):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)

    def _is_ready(self, feed: Subscriber) -> bool:
        """Whether the feed is live, and everything received has been delivered. Raises a `Problem` of 410."""
        if feed.closed:
            raise _ended()
        return feed.live and self._fanout.settled

    def _count(self, person: str, topics: int) -> None:
        """Raise a `Problem` of 429 for more topics than this person may add now."""
        now = time.monotonic()
        full_at = max(self._full_at.get(person, 0.0), now) + topics / ADDED_PER_S
        if full_at - now > MAX_BURST_S:
            detail = f"Topics are added {ADDED_PER_S:.0f} a second at most: go slower."
            raise Problem(429, detail, retry_after=math.ceil(full_at - now - MAX_BURST_S))
        if len(self._full_at) >= MAX_PEOPLE:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[person] = full_at


def _ended() -> Problem:
    return Problem(
        410, "This feed has ended: open one with the topics that you want, from your last position."
    )
