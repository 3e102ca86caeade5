"""From the log to the subscribers of this process: in order, complete, once.

Everything on a subscribed topic up to its ``verified`` position was delivered. An event that does not join on
to that (``previous`` beyond it), a lost connection, and a timer all lead to one act, `_heal`: hold what is
received, read the log from where each topic is verified, deliver, go on. All topics wait while one is healed:
a feed has one position for all its topics, so no event may overtake another.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from hub.delivery.control_bus import ControlBus
from hub.delivery.subscriber import Subscriber
from hub.delivery.taps import Taps
from hub.delivery.topic_state import TopicState
from hub.delivery.topic_table import TopicTable
from hub.events import Encoded, Event
from hub.log import Log, LogAway
from hub.log.arrivals import Arrivals, has_expired
from hub.log.replay import Replay, Stretch

HEAD_CHECK_S = 10.0  # finds a lost last event, which no successor betrays
LINGER_S = 5.0  # a topic is kept so long after its last subscriber, which may return
MAX_AHEAD_US = 30_000_000  # of a position before the clock and all that was received: the log is read first
MAX_PROMPT_S = 1.0  # an event received later than this may have expired
MAX_HELD_EVENTS = 20_000  # while healing; those beyond it are read from the log instead
RETRY_S = 0.2

logger = logging.getLogger(__name__)


class Fanout:
    """Receives the log's events (`hub.log` calls it) and delivers them by topic.

    ``taps`` are called with each event before its delivery, in their order. ``on_state`` are called with
    whether events are received, when that changes; ``control`` hands out the events of the control topic.
    """

    def __init__(self, log: Log, replay: Replay) -> None:
        self._log = log
        self._replay = replay
        self.topics = TopicTable()
        self._held: list[Event] | None = []  # until the log is first received
        self._reached = 0  # up to here everything on every subscribed topic was received
        self._generation = 0  # of connections to the log
        self._opening = asyncio.Lock()
        self._heal_due, self._live = asyncio.Event(), asyncio.Event()
        self.received_events = self.heals = self.gaps = 0
        self.lag_s = 0.0  # of the last event received
        self.control = ControlBus()
        self.taps: Taps[Event] = Taps([self.control.tap])
        self.on_state: Taps[bool] = Taps()

    @property
    def live(self) -> bool:
        """Whether what is appended now is delivered now."""
        return self._live.is_set()

    @property
    def settled(self) -> bool:
        """Whether no event is held back and no heal is due."""
        return self._held is None and not self._heal_due.is_set()

    async def until_live(self) -> None:
        await self._live.wait()

    def received(self, event: Event) -> None:
        self.received_events += 1
        self.lag_s = max(0.0, time.time() - event.position / 1_000_000)
        self._receive(event, late=self.lag_s > MAX_PROMPT_S)

    def disconnected(self) -> None:
        self._generation += 1
        self._held = []
        self._live.clear()
        self.on_state.call(self.live, "the state of the log")

    def restored(self) -> None:
        self._held = []
        self._heal_due.set()

    async def join(self, subscriber: Subscriber) -> None:
        """Subscribe to the subscriber's topics. It is held; read with a `Replay`, then release it.

        Raises `LogAway`; then call it again once `until_live` returns.
        """
        unopened = self.topics.add(subscriber)
        subscriber.on_direct = self.topics.set_direct
        if unopened:
            await self._open()

    def leave(self, subscriber: Subscriber) -> None:
        self.topics.remove(subscriber)

    async def prepare(self, subscriber: Subscriber, names: Sequence[str]) -> None:
        """Subscribe to topics to which a live subscriber is about to `change`; raise `LogAway`."""
        if self.topics.prepare(names, subscriber.dialect.event):
            await self._open()

    def change(self, subscriber: Subscriber, names: tuple[str, ...]) -> int:
        """Give a live subscriber prepared topics, while `settled`; up to which position it has the others."""
        self.topics.change(subscriber, names)
        subscriber.rejoin()
        return max(self._reached, subscriber.replayed_to)

    def prepend(self, topic: str, events: Iterable[Event], since: int) -> None:
        """Keep events that were read of a topic, all after ``since``, for subscribers who return."""
        state = self.topics[topic]
        state.prepend([(event.position, state.encode(event)) for event in events], since)

    def now(self, names: Iterable[str]) -> int | None:
        """A position that these topics, all joined, may be read from live; None while healing."""
        if self._held is not None:
            return None
        return max(self._reached, *(self.topics[topic].verified or 0 for topic in names))

    def recent(
        self, names: Iterable[str], after: int, arrivals: Arrivals
    ) -> list[tuple[int, Encoded]] | None:
        """The events of these topics, all joined, after a position, from memory; None if it cannot serve."""
        if self._held is not None or after > self._reached:
            return None
        return self.topics.recent(names, after, arrivals, reached=self._reached)

    async def run(self) -> None:
        """Heal when due, check the heads by a timer, drop idle topics; until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEAD_CHECK_S * random.uniform(0.8, 1.2)):  # noqa: S311
                    await self._heal_due.wait()
            if not (self.live or self._heal_due.is_set()):
                continue
            try:
                await self._heal()
                await self._open()
                await self._drop_idle()
            except LogAway as error:
                logger.info("the log could not be read, trying again: %s", error)
                await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311
            except Exception:
                logger.exception("healing failed, trying again")
                await asyncio.sleep(5 * RETRY_S)

    def _receive(self, event: Event, *, late: bool) -> None:
        if self._held is None:
            self._accept(event, late)
        elif len(self._held) < MAX_HELD_EVENTS:
            self._held.append(event)

    def _accept(self, event: Event, late: bool) -> None:
        ahead = event.position - MAX_AHEAD_US
        if ahead > self._reached and ahead > time.time() * 1_000_000:
            # Either Redis has another clock, and the log has it too, or it would hide real events.
            return self._hold([])
        self._reached = max(self._reached, event.position)
        self._log.seen(event.position)
        state = self.topics.get(event.topic)
        if state is None:
            return
        if state.verified is None:
            # Being opened: its subscribers are all held, and drop what their replay brings.
            state.early = event.position
            if not (late and has_expired(event.body)):
                self._deliver(event, state, state.encode(event))
        elif event.position > state.verified:
            if event.previous > state.verified:
                self.gaps += 1
                logger.info("a gap on %s after %d: reading the log", event.topic, state.verified)
                return self._hold([event])
            self._deliver_verified(event, state, late)

    def _hold(self, events: list[Event]) -> None:
        self._held = events
        self._heal_due.set()

    def _deliver_verified(self, event: Event, state: TopicState, late: bool) -> None:
        state.verified = event.position
        if late and has_expired(event.body):
            return
        encoded = state.encode(event)
        state.keep(event.position, encoded)
        self._deliver(event, state, encoded)

    def _deliver(self, event: Event, state: TopicState, encoded: Encoded) -> None:
        self.taps.call(event, event.topic)
        self.topics.deliver(event, state, encoded)

    async def _open(self) -> None:
        async with self._opening:
            # All of them: others that wait for the lock find theirs open.
            unopened = [topic for topic, state in self.topics.items() if state.verified is None]
            while unopened:
                generation = self._generation
                await self._log.subscribe(unopened)
                head = await self._replay.head()
                if generation == self._generation:
                    for topic in unopened:
                        self.topics[topic].open(head)
                    return

    async def _heal(self) -> None:
        self._heal_due.clear()
        self.heals += 1
        generation = self._generation
        if self._held is None:
            self._held = []
        more, lost = True, set[str]()
        try:
            while more:
                after = {t: s.verified for t, s in self.topics.items() if s.verified is not None}
                stretch = await self._replay.stretch(after)
                if generation != self._generation:
                    return  # disconnected again; `restored` will set it due
                more = stretch.more
                self.topics.report_lost([topic for topic in stretch.lost if topic not in lost], stretch.upto)
                lost.update(stretch.lost)
                self._apply(stretch, after)
        except BaseException:
            self._heal_due.set()
            raise
        held, self._held = self._held, None
        for event in held:
            self._receive(event, late=True)
        if not self.live:
            self._live.set()
            self.on_state.call(self.live, "the state of the log")

    def _apply(self, stretch: Stretch, after: Mapping[str, int]) -> None:
        for event in stretch.events:
            state = self.topics[event.topic]
            if event.position > (state.verified or 0):
                self._deliver_verified(event, state, late=True)
        for state in map(self.topics.__getitem__, after):
            state.verified = max(state.verified or 0, stretch.upto)
        self._reached = max(self._reached, stretch.upto)

    async def _drop_idle(self) -> None:
        async with self._opening:
            idle = self.topics.idle_for(LINGER_S)
            for topic in idle:
                del self.topics[topic]
            if idle:
                await self._log.unsubscribe(idle)
