"""From the log to the subscribers of this process: in order, whole, once.

A topic that has a subscriber here is *watched*: everything on it up to its ``verified`` position was
delivered. An event that does not join on to that (``previous`` beyond it), a lost connection, and a
clock all lead to one act, `_heal`: hold what is heard, read the log from where each topic is
verified, deliver, go on. All topics wait while one is healed: a feed has one position for all its
topics, so no event may overtake another.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from hub.delivery.control_bus import ControlBus
from hub.delivery.subscriber import Subscriber
from hub.delivery.taps import Taps
from hub.delivery.topic_state import Watch
from hub.delivery.topic_table import TopicTable
from hub.events import Encoded, Event
from hub.log import Log, LogAway
from hub.log.arrivals import Arrivals
from hub.log.replay import Replay, Stretch

HEAD_CHECK_S = 10.0  # finds a lost last event, which no successor betrays
LINGER_S = 5.0  # a topic stays watched for so long after its last subscriber: people come back
AHEAD = 30_000_000  # microseconds beyond the clock and all that was reached: the log is asked first
HOLD_MAX = 20_000  # events held while healing; beyond it they are read from the log instead
RETRY_S = 0.2

logger = logging.getLogger(__name__)


class Fanout:
    def __init__(self, log: Log, replay: Replay) -> None:
        self._log = log
        self._replay = replay
        self.watches = TopicTable()
        self._holding: list[Event] | None = []  # deaf until the log is first heard
        self._reached = 0  # up to here everything on every watched topic was heard
        self._generation = 0  # of connections to the log
        self._opening = asyncio.Lock()
        self._healing, self._hearing = asyncio.Event(), asyncio.Event()
        self.heard_events = self.deliveries = self.heals = self.holes = 0
        self.lag_s = 0.0  # of the last event heard
        self.control = ControlBus()
        self.taps: Taps[Event] = Taps([self.control.tap])
        self.on_state: Taps[bool] = Taps()  # told whether it is hearing, when that changes

    @property
    def topics(self) -> int:  # that are heard here
        return len(self.watches)

    @property
    def hearing(self) -> bool:
        """Whether what is appended now is delivered now."""
        return self._hearing.is_set()

    async def until_hearing(self) -> None:
        await self._hearing.wait()

    def heard(self, event: Event) -> None:
        self.heard_events += 1
        self.lag_s = max(0.0, time.time() - event.position / 1_000_000)
        self._hear(event)

    def _hear(self, event: Event) -> None:
        if self._holding is None:
            self._take(event)
        elif len(self._holding) < HOLD_MAX:
            self._holding.append(event)

    def deaf(self) -> None:
        self._generation += 1
        self._holding = []
        self._hearing.clear()
        self.on_state.tell(self.hearing, "the state of hearing")

    def restored(self) -> None:
        self._holding = []
        self._healing.set()

    async def join(self, subscriber: Subscriber) -> None:
        """Watch the subscriber's topics. It is held; read with a `Replay`, then release it.

        Raises `LogAway`; then call it again once `until_hearing` returns.
        """
        fresh = self.watches.add(subscriber)
        subscriber.flow = self.watches.set_direct
        if fresh:
            await self._open()

    def remember(self, topic: str, events: Iterable[Event], since: int) -> None:
        """These were read of a topic, all after ``since``: returning readers are given them from memory."""
        watch = self.watches[topic]
        watch.remember([(event.position, watch.encode(event)) for event in events], since)

    def leave(self, subscriber: Subscriber) -> None:
        self.watches.remove(subscriber, asyncio.get_running_loop().time())

    def now(self, names: Iterable[str]) -> int | None:
        """A position that these topics, all joined, may be read from live; None while healing."""
        if self._holding is not None:
            return None
        return max(self._reached, *(self.watches[topic].verified or 0 for topic in names))

    def recent(
        self, names: Iterable[str], after: int, arrivals: Arrivals
    ) -> list[tuple[int, Encoded]] | None:
        """The events of these topics, all joined, after a position, from memory; None if it cannot serve."""
        if self._holding is not None or after > self._reached:
            return None
        return self.watches.recent(names, after, arrivals, reached=self._reached)

    async def run(self) -> None:
        """Heal when asked, check the heads by the clock, forget empty topics; until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEAD_CHECK_S * random.uniform(0.8, 1.2)):  # noqa: S311
                    await self._healing.wait()
            if not (self.hearing or self._healing.is_set()):
                continue
            try:
                await self._heal()
                await self._open()
                await self._forget()
            except LogAway as error:
                logger.info("the log could not be read, trying again: %s", error)
                await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311
            except Exception:
                logger.exception("healing failed, trying again")
                await asyncio.sleep(5 * RETRY_S)

    def _take(self, event: Event) -> None:
        if event.position > self._reached + AHEAD and event.position > time.time() * 1_000_000 + AHEAD:
            # Redis has another clock, and it stands in the log; or it would hide what really comes.
            return self._doubt([])
        self._reached = max(self._reached, event.position)
        watch = self.watches.get(event.topic)
        if watch is None:
            return
        if watch.verified is None:
            # Being opened: its subscribers are all held, and drop what their replay brings.
            watch.early = event.position
            self._deliver(event, watch, watch.encode(event))
        elif event.position > watch.verified:
            if event.previous > watch.verified:
                self.holes += 1
                logger.info("a hole on %s after %d: reading the log", event.topic, watch.verified)
                return self._doubt([event])
            self._verified(event, watch)

    def _doubt(self, held: list[Event]) -> None:
        self._holding = held
        self._healing.set()

    def _verified(self, event: Event, watch: Watch) -> None:
        encoded = watch.encode(event)
        watch.verified = event.position
        watch.keep(event.position, encoded)
        self._deliver(event, watch, encoded)

    def _deliver(self, event: Event, watch: Watch, encoded: Encoded) -> None:
        self.taps.tell(event, event.topic)
        self.deliveries += len(watch)
        watch.deliver(event.position, encoded)

    async def _open(self) -> None:
        async with self._opening:
            # All of them: whoever waits for the lock is served by this turn.
            fresh = [topic for topic, watch in self.watches.items() if watch.verified is None]
            while fresh:
                generation = self._generation
                await self._log.subscribe(fresh)
                head = await self._replay.head()
                if generation == self._generation:
                    for topic in fresh:
                        self.watches[topic].opened(head)
                    return

    async def _heal(self) -> None:
        self._healing.clear()
        self.heals += 1
        generation = self._generation
        if self._holding is None:
            self._holding = []
        more = True
        try:
            while more:
                after = {t: w.verified for t, w in self.watches.items() if w.verified is not None}
                stretch = await self._replay.stretch(after)
                if generation != self._generation:
                    return  # deaf again; `restored` will call
                more = stretch.more
                self._mend(stretch, after)
        except BaseException:
            self._healing.set()
            raise
        held, self._holding = self._holding, None
        for event in held:
            self._hear(event)
        if not self.hearing:
            self._hearing.set()
            self.on_state.tell(self.hearing, "the state of hearing")

    def _mend(self, stretch: Stretch, after: Mapping[str, int]) -> None:
        self.watches.report_lost(stretch.lost, stretch.upto)
        for event in stretch.events:
            watch = self.watches[event.topic]
            if event.position > (watch.verified or 0):
                self._verified(event, watch)
        for watch in map(self.watches.__getitem__, after):
            watch.verified = max(watch.verified or 0, stretch.upto)
        self._reached = max(self._reached, stretch.upto)

    async def _forget(self) -> None:
        due = asyncio.get_running_loop().time() - LINGER_S
        async with self._opening:
            gone = self.watches.idle_since(due)
            for topic in gone:
                del self.watches[topic]
            if gone:
                await self._log.unsubscribe(gone)
