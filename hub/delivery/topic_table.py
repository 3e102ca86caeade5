"""The topics that this process is subscribed to, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from hub import topics
from hub.delivery.coalescer import Coalescer
from hub.delivery.pending import Pending
from hub.delivery.reader_group import Deliveries
from hub.delivery.readers import close_failed
from hub.delivery.subscriber import Send, Subscriber
from hub.delivery.topic_state import TopicState
from hub.events import Encoded, Event
from hub.log.arrivals import Arrivals
from hub.policies.current import table as policies


class TopicTable(dict[str, TopicState]):
    """The control topic is always in it: taps read what instances send each other."""

    def __init__(self) -> None:
        super().__init__({topics.CONTROL: TopicState(_unframed)})
        self.deliveries = Deliveries()
        self.coalescer = Coalescer(self, self.deliveries)

    def add(self, subscriber: Subscriber) -> bool:
        """Add a held subscriber to its topics; whether any of them has yet to be opened."""
        self._subscribe(subscriber, subscriber.topics)
        self.coalescer.add(subscriber)
        return any(self[topic].verified is None for topic in subscriber.topics)

    def remove(self, subscriber: Subscriber) -> None:
        self.coalescer.remove(subscriber)
        self._unsubscribe(subscriber, subscriber.topics)

    def prepare(self, names: Iterable[str], encode: Callable[[Event], Encoded]) -> bool:
        """Have these topics for a subscriber who is about to be added to them; whether any of them has yet to
        be opened."""
        states = [self._state(topic, encode) for topic in names]
        for state in states:
            if not state:
                state.empty_since = _now()
        return any(state.verified is None for state in states)

    def change(self, subscriber: Subscriber, names: tuple[str, ...]) -> None:
        """Give a live subscriber other topics, all of which are open."""
        self.coalescer.flush_ahead([subscriber])
        self.coalescer.remove(subscriber)
        before, subscriber.topics = subscriber.topics, names
        self._unsubscribe(subscriber, set(before).difference(names))
        self._subscribe(subscriber, set(names).difference(before))
        self.coalescer.add(subscriber)
        self.coalescer.mark_replayed(subscriber)

    def _state(self, topic: str, encode: Callable[[Event], Encoded]) -> TopicState:
        state = self.get(topic)
        if state is None:
            state = self[topic] = TopicState(encode, Pending.of(topic))
        return state

    def _subscribe(self, subscriber: Subscriber, names: Iterable[str]) -> None:
        for topic in names:
            state = self._state(topic, subscriber.dialect.event)
            state.buffered[subscriber] = None
            state.empty_since = None

    def _unsubscribe(self, subscriber: Subscriber, names: Iterable[str]) -> None:
        for topic in names:
            state = self.get(topic)
            if state is not None and state.remove(subscriber) and not state:
                state.empty_since = _now()

    def set_direct(self, subscriber: Subscriber, send: Send | None) -> None:
        """The subscriber's socket accepts bytes at once by ``send``, or with None no longer."""
        for topic in subscriber.topics:
            if topic in self:
                self[topic].set_direct(subscriber, send)
        self.coalescer.set_direct(subscriber, send)

    def deliver(self, event: Event, state: TopicState, encoded: Encoded) -> None:
        """An event of this topic goes to its subscribers, now or with the next tick of its policy."""
        if policies.version != self.coalescer.policies_version:
            self.coalescer.apply_policies()
        if state.pending is not None:
            return self.coalescer.accept(state.pending, event, encoded)
        if state.flushes_ahead:
            self.coalescer.flush_ahead(state.flushes_ahead)
        self.deliveries.made += len(state)
        state.deliver(event.position, encoded)

    def recent(
        self, names: Iterable[str], after: int, arrivals: Arrivals, *, reached: int
    ) -> list[tuple[int, Encoded]] | None:
        """The events in memory after a position that belong to this user, in order; None where memory does
        not reach back. Nothing of them is delivered again."""
        found: list[tuple[int, Encoded]] = []
        for topic in names:
            state = self[topic]
            kept = state.since(arrivals.begin(topic, after))
            # A topic just opened was read ahead of what is received: others might overtake it.
            if kept is None or (state.verified or 0) > reached:
                return None
            found += [one for one in kept if arrivals.includes(topic, one[0], one[1].payload)]
        found.sort(key=lambda kept: kept[0])
        return found

    def report_lost(self, names: Sequence[str], upto: int) -> None:
        """Something is missing before ``upto`` on these topics: a reader gets one reset for all of them."""
        if names:
            self.coalescer.flush()  # what waits is from before the gap
        resets: dict[Subscriber, list[str]] = {}
        for topic in names:
            for subscriber in self[topic].lose(upto):
                resets.setdefault(subscriber, []).append(topic)
        for subscriber, lost in resets.items():
            try:
                subscriber.deliver(upto, subscriber.dialect.reset(lost, upto, "trimmed"))
            except Exception:
                close_failed(subscriber)

    def idle_for(self, seconds: float) -> list[str]:
        """Topics that have had no subscriber for so long."""
        due = _now() - seconds
        return [name for name, state in self.items() if (state.empty_since or due) < due]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _unframed(event: Event) -> Encoded:
    """The control topic has no readers."""
    return Encoded(event.body, event.body)
