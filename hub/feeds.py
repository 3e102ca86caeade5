"""The SSE door: authorise, replay, hold, stream.

An ASGI application beside Django, not a view of it: an open feed holds no thread, no database
connection and no request. Where the server gives the connection away (``hub.take``), the feed's
coroutine ends once it is live, and only its subscriber stays.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hub.caps import Caps
from hub.counts import Recount
from hub.events import Piece, control
from hub.fanout import Fanout
from hub.knock import Knock, Receive, Scope, Send, respond
from hub.log import LogAway
from hub.people import Admit
from hub.problems import Problem
from hub.replay import Replay, reset
from hub.subscriber import Subscriber
from hub.wheel import HEARTBEAT, Wheel

RETRY_MS = (1000, 4000)  # a client that lost us comes back after a time of its own within these
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
REPLAY_SIZES = (0, 1, 10, 100, 1000, float("inf"))  # events; the bounds of a histogram
DEGRADED = control("stream-degraded", {"reason": "log"})
LIVE = control("stream-live", {})
EXPIRED = control("stream-error", {"reason": "expired", "retry": False})

Write = Callable[[bytes], Awaitable[None]]

logger = logging.getLogger(__name__)


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
        take = scope.get("extensions", {}).get("hub.take")
        # A server that gives connections away ends an abandoned coroutine by itself.
        leaving = None if take else asyncio.ensure_future(_gone(receive, subscriber))
        handed_over = False
        try:
            start = {"type": "http.response.start", "status": 200, "headers": HEADERS + knock.cors}
            await send(start)

            async def write(data: bytes) -> None:
                await send({"type": "http.response.body", "body": data, "more_body": True})

            await write(b"retry: %d\n\n" % random.randint(*RETRY_MS))  # noqa: S311
            await self._catch_up(subscriber, knock.after, write)
            if take and not subscriber.closed:
                wire = take(self._limits.mailbox_bytes, lambda: self._let_out(subscriber))
                handed_over = wire is not None
                if handed_over:
                    subscriber.attach(wire)
                return
            while data := await subscriber.take():
                await write(data)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if leaving:
                leaving.cancel()
            if not handed_over:
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

    async def _catch_up(self, subscriber: Subscriber, after: int | None, write: Write) -> None:
        """From joining to live. While the log is away: say so, wait, go on from where we were."""
        resumed = after is not None
        opened = False
        told: set[str] = set()
        replayed = 0
        while not subscriber.closed:
            try:
                await self._fanout.join(subscriber)
                head = await self._replay.head()
                unknown = after is not None and after > head
                if after is None or unknown:
                    after = head
                if not opened:
                    self._recount.add(subscriber)
                    await write(await self._open(subscriber, after, resumed))
                    opened = True
                if unknown:
                    await write(reset(list(subscriber.topics), head, "unknown").bare)
                async for stretch in self._replay.of(subscriber.topics, after):
                    lost = [topic for topic in stretch.lost if topic not in told]
                    told.update(lost)
                    data = [event.sse() for event in stretch.events]
                    if lost:
                        data.insert(0, reset(lost, stretch.upto).bare)
                    if data:
                        await write(b"".join(data))
                    after = stretch.upto
                    replayed += len(stretch.events)
                if resumed:
                    self.replays[next(size for size in REPLAY_SIZES if replayed <= size)] += 1
                return subscriber.release(after, LIVE)
            except LogAway as error:
                logger.info("a feed waits for the log: %s", error)
                await write(DEGRADED.bare)
                await self._wait(subscriber, write)

    async def _wait(self, subscriber: Subscriber, write: Write) -> None:
        hearing = asyncio.ensure_future(self._fanout.until_hearing())
        try:
            await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311
            while not hearing.done() and not subscriber.closed:
                await asyncio.wait([hearing], timeout=min(1.0, self._limits.heartbeat_s))
                await write(HEARTBEAT.bare)
        finally:
            hearing.cancel()

    async def _open(self, subscriber: Subscriber, position: int, resumed: bool) -> bytes:
        own = set(subscriber.person.own).intersection(subscriber.topics)
        data = {
            "position": str(position),
            "topics": list(subscriber.topics),
            "count": await self._recount.of(subscriber.person) if own else None,
            "resumed": resumed,
        }
        return control("stream-open", data, id=position).bare

    def _state(self, hearing: bool) -> None:
        data = LIVE if hearing else DEGRADED
        if hearing:
            # What changed the counts meanwhile may have been said to nobody.
            self._recount.stale(subscriber.person.id for subscriber in self.subscribers)
        for subscriber in self.subscribers:
            if subscriber.live:
                subscriber.put(data)


def _retire() -> Piece:
    return control("retire", {"retry": random.randint(*RETRY_MS)})  # noqa: S311


def _ended(subscriber: Subscriber) -> None:
    if subscriber.ends_at == subscriber.person.expires_at:
        subscriber.close("expired", EXPIRED)
    else:
        subscriber.close("age", _retire())


async def _gone(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close("gone")
