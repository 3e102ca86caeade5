"""The SSE door: authorise, replay, hold, stream.

An ASGI application beside Django, not a view of it: an open feed holds no thread, no database
connection and no request. Where the server gives the connection away (``hub.take``), the feed's
coroutine ends once it is live, and only its subscriber stays.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.delivery.catchup import CatchUp
from hub.delivery.drain import drain
from hub.delivery.fanout import Fanout
from hub.delivery.heartbeat import Wheel
from hub.delivery.limits import Caps
from hub.delivery.subscriber import Subscriber, retry_ms
from hub.delivery.unread_counts import Recount
from hub.errors import Problem
from hub.events import control
from hub.feeds import transports
from hub.feeds.request import Knock, Receive, Scope, Send, respond
from hub.log.replay import Replay
from hub.ops import logs
from hub.ports import Admit, Person, Span
from hub.support import origins, outages

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
ADMIT_S = 5.0  # who the database lets wait longer is sent away, to come back
COUNT_S = 2.0  # a feed opens without its count rather than later
REPLAY_SIZES = (0, 1, 10, 100, 1000, float("inf"))  # events; the bounds of a histogram


@dataclass(frozen=True, slots=True)
class Limits:
    heartbeat_s: float
    max_age_s: float
    mailbox_bytes: int
    origins: frozenset[str]
    hosts: tuple[str, ...]
    tls: bool = False  # nothing is served in clear


class Feeds:
    def __init__(
        self, fanout: Fanout, replay: Replay, admit: Admit, recount: Recount, caps: Caps, limits: Limits
    ) -> None:
        self._fanout = fanout
        self._replay = replay
        self._admit = admit
        self._recount = recount
        self._caps = caps
        self._limits = limits
        self.subscribers = Wheel(limits.heartbeat_s)
        self.draining = False
        self.closes: Counter[str] = Counter()  # by reason
        # Told of whoever was given a replay of something, and of what.
        self.on_caught: list[Callable[[Subscriber, Sequence[Span]], None]] = []
        self.replays: Counter[float] = Counter(dict.fromkeys(REPLAY_SIZES, 0))  # by the bound they fit
        fanout.on_state.append(self._state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            knock = Knock(scope, self._limits.hosts, self._limits.origins, tls=self._limits.tls)
        except Problem as problem:
            origins.refused(problem, scope)
            return await respond(send, problem)
        if knock.preflight:
            return await respond(send, None, knock.cors)
        try:
            subscriber = await self._let_in(knock)
        except Problem as problem:
            return await respond(send, problem, knock.cors)
        except Exception as error:
            return await respond(send, outages.problem(error, "letting a feed in"), knock.cors)
        outlet = transports.outlet(
            scope,
            receive,
            send,
            subscriber,
            HEADERS + knock.cors,
            self._limits.mailbox_bytes,
            partial(self._let_out, subscriber),
        )
        try:
            facts = {"count": await self._count(subscriber), "heartbeat_s": self._limits.heartbeat_s}
            catchup = CatchUp(
                self._fanout,
                self._replay,
                subscriber,
                knock.after,
                partial(_opening, subscriber, facts),
                outlet.write,
                b"retry: %d\n\n" % retry_ms(),
            )
            await catchup.run()
            if knock.after is not None:
                self.replays[next(size for size in REPLAY_SIZES if catchup.events <= size)] += 1
            if catchup.events:
                for tell in self.on_caught:
                    tell(subscriber, catchup.spans())
            await outlet.follow()
        except Exception as error:
            refusal = outages.problem(error, "opening a feed")
            subscriber.close("error")
            if outlet.started:
                await outlet.follow()  # to its end, which is now
            else:
                await respond(send, refusal, knock.cors)
        finally:
            if outlet.leave():
                self._let_out(subscriber)

    @property
    def open(self) -> Wheel:
        return self.subscribers

    @property
    def hearing(self) -> bool:
        return self._fanout.hearing

    async def run(self) -> None:
        await self.subscribers.run()

    async def drain(self, seconds: float) -> None:
        """Let nobody in, and send everybody elsewhere."""
        self.draining = True
        await drain(self.subscribers, seconds)

    async def _let_in(self, knock: Knock) -> Subscriber:
        if self.draining:
            raise Problem(503, "This instance is leaving: come back in a moment.", retry_after=1)
        with self._caps.opening(knock.address):
            async with asyncio.timeout(ADMIT_S):
                person = await self._admit(knock.credentials, knock.topics, knock.own)
            own = person.own if knock.own else ()
            topics = tuple(dict.fromkeys((*own, *knock.topics)))
            if not topics:
                raise Problem(400, "No topic to listen to: add ?topic=, or leave out own=0.")
            self._caps.enter(person.id, _live(person, topics))
        # Spread, so that those who came together do not leave together.
        age = self._limits.max_age_s * random.uniform(0.8, 1)  # noqa: S311
        ends_at = min(time.time() + age, person.expires_at or float("inf"))
        subscriber = Subscriber(person, knock.address, topics, self._limits.mailbox_bytes, ends_at)
        self.subscribers.add(subscriber)
        logs.opened("feed", subscriber)
        return subscriber

    def _let_out(self, subscriber: Subscriber) -> None:
        subscriber.close("gone")
        self.closes[subscriber.closed] += 1
        logs.closed("feed", subscriber, time.time())
        self.subscribers.remove(subscriber)
        person = subscriber.person
        self._caps.leave(person.id, subscriber.address, _live(person, subscriber.topics))
        self._recount.remove(subscriber)
        self._fanout.leave(subscriber)

    async def _count(self, subscriber: Subscriber) -> dict[str, int] | None:
        if not set(subscriber.person.own).intersection(subscriber.topics):
            return None
        self._recount.add(subscriber)
        try:
            async with asyncio.timeout(COUNT_S):
                return await self._recount.of(subscriber.person)
        except TimeoutError:
            self._recount.stale([subscriber.person.id])
            return None

    def _state(self, hearing: bool) -> None:
        if hearing:
            # What changed the counts meanwhile may have been said to nobody.
            self._recount.stale(subscriber.person.id for subscriber in self.subscribers)
        for subscriber in self.subscribers:
            if subscriber.live:
                subscriber.put(subscriber.LIVE if hearing else subscriber.DEGRADED)


def _live(person: Person, topics: Sequence[str]) -> int:
    """How many topics a feed carries beside those of its person's inbox."""
    return sum(topic not in person.own for topic in topics)


def _opening(subscriber: Subscriber, facts: dict[str, Any], position: int, resumed: bool) -> bytes:
    data = {"position": str(position), "topics": list(subscriber.topics), "resumed": resumed, **facts}
    return control("stream-open", data, id=position).bare
