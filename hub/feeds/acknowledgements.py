"""Feeds whose clients promised to acknowledge what they receive, and the end of those that do not.

A client behind a relay that reads on for it may be long gone: the kernel sees every byte acknowledged. Only
the client itself can tell. Its acknowledgements come to any instance, which passes them on to the feed's own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub import topics
from hub.delivery.endpoint import EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.open_connections import for_each
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.events import draft
from hub.feeds.feed_ids import BadFeedId, FeedIds
from hub.log import Log
from hub.support.debounce import Debounce

MAX_SILENCE_S = 100.0  # without an acknowledgement, after which a feed is closed, …
MIN_HEARTBEATS = 4  # … if so many heartbeats could have been acknowledged
CHECK_S = 1.0
GATHER_S = 5.0  # acknowledgements for other instances go together

logger = logging.getLogger(__name__)


class _Elsewhere(NamedTuple):
    """A feed of another process, by its number there."""

    process: str
    number: int


class _Open(NamedTuple):
    """A feed of this process, and when it was last acknowledged, by the monotonic clock."""

    subscriber: Subscriber
    at: float


class Acknowledgements:
    """Keeps feeds open that are acknowledged, and closes those that are not. Belongs to one event loop."""

    def __init__(self, log: Log, fanout: Fanout, options: EndpointOptions, ids: FeedIds) -> None:
        self._log = log
        self._fanout = fanout
        self._ids = ids
        self._max_silence_s = max(MAX_SILENCE_S, MIN_HEARTBEATS * options.heartbeat_s)
        self._open: OrderedDict[int, _Open] = OrderedDict()  # by number, the longest silent first
        self._disconnected_at = 0.0  # from the log, by the monotonic clock
        self._elsewhere = Debounce(self._publish, _not_published, gather_s=GATHER_S, retry_s=None)
        fanout.control.on("acks", self._received)

    def add(self, subscriber: Subscriber) -> None:
        """The client of this feed has to acknowledge from now on."""
        self._open[subscriber.number] = _Open(subscriber, time.monotonic())

    def remove(self, subscriber: Subscriber) -> None:
        """The feed is over; what arrived on it may be acknowledged all the same."""
        self._open.pop(subscriber.number, None)

    def acknowledge(self, token: str) -> str:
        """Keep a feed open; return its person, by id. Raises `Problem` of 403 for any other text."""
        try:
            feed = self._ids.read(token)
        except BadFeedId:
            raise Problem(
                403, "This acknowledges no feed: send the ack of the last stream-open, as it came."
            ) from None
        if feed.process == self._ids.process:
            self._touch(feed.number)
        else:
            self._elsewhere.add([_Elsewhere(feed.process, feed.number)])
        return feed.person

    async def run(self) -> None:
        """Close silent feeds and pass acknowledgements on, until cancelled."""
        await asyncio.gather(self._elsewhere.run(), self._check())

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            self.close_silent(time.monotonic())

    def close_silent(self, now: float) -> None:
        """Close the feeds that were not acknowledged for too long. What other instances receive is unknown
        while the log is away, so then, and for as long afterwards, none is."""
        if not self._fanout.live:
            self._disconnected_at = now
        before = now - self._max_silence_s
        if self._disconnected_at > before:
            return
        silent = []
        for subscriber, at in self._open.values():
            if at > before:
                break
            silent.append(subscriber)
        for subscriber in silent:
            self.remove(subscriber)
        for_each(silent, lambda subscriber: subscriber.give_up())

    def _touch(self, number: int) -> None:
        if number in self._open:
            self._open[number] = self._open[number]._replace(at=time.monotonic())
            self._open.move_to_end(number)

    def _received(self, data: Mapping[str, Sequence[int]]) -> None:
        for number in data.get(self._ids.process, ()):
            self._touch(number)

    async def _publish(self, feeds: Sequence[_Elsewhere]) -> None:
        by_process: dict[str, list[int]] = defaultdict(list)
        for process, number in feeds:
            by_process[process].append(number)
        await self._log.append_if([draft(topics.CONTROL, "acks", by_process)])


def _not_published(feed: _Elsewhere, error: Exception) -> None:
    # The next acknowledgement of the feed may be; without the log no feed is closed.
    logger.debug("an acknowledgement of feed %d was not passed on: %r", feed.number, error)
