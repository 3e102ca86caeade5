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
from dataclasses import dataclass
from functools import partial

from hub import outlets
from hub.caps import Caps
from hub.catchup import DEGRADED, LIVE, CatchUp, retry_ms
from hub.counts import Recount
from hub.events import Piece, control
from hub.fanout import Fanout
from hub.knock import Knock, Receive, Scope, Send, respond
from hub.people import Admit
from hub.problems import Problem
from hub.replay import Replay
from hub.subscriber import Subscriber
from hub.wheel import Wheel

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
REPLAY_SIZES = (0, 1, 10, 100, 1000, float("inf"))  # events; the bounds of a histogram
EXPIRED = control("stream-error", {"reason": "expired", "retry": False})


@dataclass(frozen=True, slots=True)
class Limits:
    heartbeat_s: float
    max_age_s: float
    mailbox_bytes: int
    origins: frozenset[str]
    hosts: tuple[str, ...]


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
        self.subscribers = Wheel(limits.heartbeat_s, _ended)
        self.draining = False
        self.closes: Counter[str] = Counter()  # by reason
        self.replays: Counter[float] = Counter(dict.fromkeys(REPLAY_SIZES, 0))  # by the bound they fit
        fanout.on_state = self._state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            knock = Knock(scope, self._limits.hosts, self._limits.origins)
        except Problem as problem:
            return await respond(send, problem)
        if knock.preflight:
            return await respond(send, None, knock.cors)
        try:
            subscriber = await self._let_in(knock)
        except Problem as problem:
            return await respond(send, problem, knock.cors)
        outlet = outlets.outlet(
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
            catchup = CatchUp(self._fanout, self._replay, subscriber, knock.after, facts, outlet.write)
            await catchup.run()
            if knock.after is not None:
                self.replays[next(size for size in REPLAY_SIZES if catchup.events <= size)] += 1
            await outlet.follow()
        finally:
            if outlet.leave():
                self._let_out(subscriber)

    @property
    def hearing(self) -> bool:
        return self._fanout.hearing

    async def run(self) -> None:
        await self.subscribers.run()

    async def drain(self, seconds: float) -> None:
        """Let nobody in, send everybody elsewhere in slices, and be done within a time."""
        self.draining = True
        until = asyncio.get_running_loop().time() + seconds
        leaving = list(self.subscribers)
        random.shuffle(leaving)
        slices = max(1, min(len(leaving), round(seconds * 10)))
        for number in range(slices):
            for subscriber in leaving[number::slices]:
                subscriber.close("retire", _retire())
            # The last part of the time is for readers to take what waits.
            await asyncio.sleep(seconds * 0.8 / slices * random.uniform(0.5, 1))  # noqa: S311
        while self.subscribers and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _let_in(self, knock: Knock) -> Subscriber:
        if self.draining:
            raise Problem(503, "This instance is leaving: come back in a moment.", retry_after=1)
        self._caps.check_address(knock.address)
        person = await self._admit(knock.credentials, knock.topics)
        own = person.own if knock.own else ()
        topics = tuple(dict.fromkeys((*own, *knock.topics)))
        if not topics:
            raise Problem(400, "No topic to listen to: add ?topic=, or leave out own=0.")
        # Spread, so that those who came together do not leave together.
        age = self._limits.max_age_s * random.uniform(0.8, 1)  # noqa: S311
        ends_at = min(time.time() + age, person.expires_at or float("inf"))
        self._caps.enter(person.id, knock.address)
        subscriber = Subscriber(person, knock.address, topics, self._limits.mailbox_bytes, ends_at)
        self.subscribers.add(subscriber)
        return subscriber

    def _let_out(self, subscriber: Subscriber) -> None:
        subscriber.close("gone")
        self.closes[subscriber.closed] += 1
        self.subscribers.remove(subscriber)
        self._caps.leave(subscriber.person.id, subscriber.address)
        self._recount.remove(subscriber)
        self._fanout.leave(subscriber)

    async def _count(self, subscriber: Subscriber) -> dict[str, int] | None:
        if not set(subscriber.person.own).intersection(subscriber.topics):
            return None
        self._recount.add(subscriber)
        return await self._recount.of(subscriber.person)

    def _state(self, hearing: bool) -> None:
        data = LIVE if hearing else DEGRADED
        if hearing:
            # What changed the counts meanwhile may have been said to nobody.
            self._recount.stale(subscriber.person.id for subscriber in self.subscribers)
        for subscriber in self.subscribers:
            if subscriber.live:
                subscriber.put(data)


def _retire() -> Piece:
    return control("retire", {"retry": retry_ms()})


def _ended(subscriber: Subscriber) -> None:
    if subscriber.ends_at == subscriber.person.expires_at:
        subscriber.close("expired", EXPIRED)
    else:
        subscriber.close("age", _retire())
