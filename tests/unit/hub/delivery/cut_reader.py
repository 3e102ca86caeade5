"""A schedule of events on coalesced topics, and a reader that is cut off again and again."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.delivery.catch_up import CatchUp
from hub.delivery.fanout import Fanout
from hub.delivery.sockets import SocketPoller
from hub.delivery.subscriber import Subscriber
from hub.events import Event, draft
from hub.feeds import sse
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from hub.ports import Person
from tests.unit.hub.stub_application import StubApplication

TILES, TOKENS, OTHER_TOKENS, PLAIN = "tiles", "tokens-a", "tokens-b", "plain"
TOPICS = (TILES, TOKENS, OTHER_TOKENS, PLAIN)
POLICIES = (
    TopicPolicy("tiles", coalesce_ms=10, coalesce="last"),
    TopicPolicy("tokens-*", coalesce_ms=25, coalesce="join"),
)
WITH_VALUES = (TopicPolicy("tiles", coalesce_ms=10, coalesce="last", latest=True), POLICIES[1])
OTHER_POLICIES: tuple[tuple[TopicPolicy, ...], ...] = (
    (),
    (TopicPolicy("tiles", coalesce_ms=25, coalesce="last"),),
    (TopicPolicy("tokens-a", coalesce_ms=10, coalesce="join"),),
)
EVENTS = 40


@dataclass
class State:
    """What a page makes of its events."""

    values: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=lambda: defaultdict(str))
    plain: list[int] = field(default_factory=list)

    def apply(self, topic: str, key: str, data: Any) -> None:
        if topic == TILES:
            self.values[key] = data
        elif topic == PLAIN:
            self.plain.append(data)
        else:
            self.texts[topic] += data["text"] if isinstance(data, dict) else data


class Receivers:
    """Both instances receive the one log, unless their connection is lost."""

    def __init__(self, fanouts: Sequence[Fanout]) -> None:
        self.fanouts = fanouts
        self.lost: set[Fanout] = set()

    def received(self, event: Event) -> None:
        for fanout in self.fanouts:
            if fanout not in self.lost:
                fanout.received(event)

    def disconnected(self) -> None:
        raise AssertionError("a memory log is never disconnected")

    def restored(self) -> None:
        for fanout in self.fanouts:
            fanout.restored()


class Schedule:
    def __init__(self, seed: int, *, values: bool = False) -> None:
        self.values = values  # of tiles the last ones are kept
        self.chance = random.Random(seed)
        self.log = MemoryLog(1000, 60)
        self.replay = Replay(self.log, StubApplication())
        self.receivers = Receivers([Fanout(self.log, self.replay) for _ in range(2)])
        self.published: list[tuple[int, str, str, Any]] = []
        self.numbers: list[int] = []  # of events, by connection
        self.over = False

    @property
    def pending(self) -> bool:
        return any(
            not fanout.settled
            or any(state.pending and state.pending.events for state in fanout.topics.values())
            for fanout in self.receivers.fanouts
        )

    async def dawdle(self, turns: int = 4) -> None:
        for _ in range(self.chance.randrange(turns)):
            await asyncio.sleep(0)

    async def publish(self) -> None:
        topic, kind = PLAIN, "tick"
        for n in range(EVENTS):
            await self.dawdle()
            if self.chance.random() < 0.4:
                topic, kind = self.chance.choice(TOPICS), self.chance.choice(["tick", "tock"])
            key = ""
            data: Any = n
            if topic == TILES:
                key = self.chance.choice("abc")
            elif topic != PLAIN:
                text = f'{topic[-1]}{n}é\\" '
                data = text if self.chance.random() < 0.9 else {"text": text}
            (position,) = self.log.append([draft(topic, kind, data, value_key=key)])
            self.published.append((position, topic, key, data))
        self.over = True

    async def disturb(self, *, change_policies: bool) -> None:
        while not self.over:
            await self.dawdle(40)
            fanout = self.chance.choice(self.receivers.fanouts)
            if fanout.live:
                self.receivers.lost.add(fanout)
                fanout.disconnected()
                await self.dawdle(20)
                self.receivers.lost.discard(fanout)
                fanout.restored()
            if change_policies:
                table.replace(self.chance.choice((POLICIES, *OTHER_POLICIES)))

    def expected(self, after: int, topics: Sequence[str]) -> State:
        state = State()
        for position, topic, key, data in self.published:
            kept = self.values and topic == TILES
            if topic in topics and (kept or position > after):
                state.apply(topic, key, data)
        return state


class Reader:
    """A client that is cut off after any event, and resumes by the last id that it has."""

    def __init__(self, schedule: Schedule, topics: tuple[str, ...], after: int | None) -> None:
        self._schedule = schedule
        self._chance = schedule.chance
        self.topics = topics
        self.state = State()
        self.begin = self._last = after
        self._seen: set[int] = set()
        self._catching_up = False

    async def run(self) -> None:
        while not self._schedule.over:
            await self._connect(cut=self._chance.randrange(12))
            await self._schedule.dawdle()
        await self._connect(cut=None)

    async def _connect(self, cut: int | None) -> None:
        """Read so many events, or all there are."""
        fanout = self._chance.choice(self._schedule.receivers.fanouts)
        subscriber = Subscriber(
            Person("ann", "ann", ()), address="", topics=self.topics, dialect=sse.SSE, mailbox_bytes=1 << 20
        )
        data = bytearray()

        async def write(payload: bytes) -> None:
            data.extend(payload)
            await self._schedule.dawdle()

        catch_up = CatchUp(
            fanout,
            self._schedule.replay,
            subscriber,
            after=self._last,
            resumed=self._last is not None,
            opening=lambda position, resumed: sse.opening(self.topics, {}, position, resumed),
            write=write,
        )
        events = self._over_socket if self._chance.random() < 0.5 else self._over_mailbox
        async with events(subscriber) as more:
            await catch_up.run()
            number, upto = 0, 0
            while cut is None or number < cut:
                data.extend(await more())
                while (end := data.find(b"\n\n")) >= 0 and (cut is None or number < cut):
                    number += self._read(bytes(data[:end]))
                    del data[: end + 2]
                if cut is None and not data and not self._schedule.pending and upto > 5:
                    break
                upto = upto + 1 if not self._schedule.pending else 0
                if cut is not None and self._schedule.over:
                    break
                await asyncio.sleep(0)
        fanout.leave(subscriber)

    def _read(self, block: bytes) -> int:
        lines = dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line)
        if lines.get("event", "").startswith("stream-"):
            if "id" in lines and self.begin is None:
                self.begin = int(lines["id"])
            self._catching_up = self._schedule.values and lines["event"] != "stream-live"
            self._last = int(lines["id"]) if "id" in lines else self._last
            assert lines["event"] != "stream-reset"
            return 0
        id, event = int(lines["id"]), json.loads(lines["data"])
        older = id <= (self._last or 0)
        if older:
            assert (event["topic"], self._catching_up) == (TILES, True), "in order"
        else:
            assert id not in self._seen
        if id not in self._seen:
            self._seen.add(id)
            self.state.apply(event["topic"], event.get("key", ""), event["data"])
        self._last = id
        return 0 if older else 1  # its position is next, and has not been cut off

    @asynccontextmanager
    async def _over_mailbox(self, subscriber: Subscriber) -> AsyncIterator[Any]:
        async def more() -> bytes:
            return await subscriber.drain() if subscriber._mailbox else b""

        yield more
        subscriber.close("cut")

    @asynccontextmanager
    async def _over_socket(self, subscriber: Subscriber) -> AsyncIterator[Any]:
        ours, remote = socket.socketpair()
        for end in (ours, remote):
            end.setblocking(False)
        client = SocketPoller().adopt(ours, b"", 1 << 20, lambda: None)
        subscriber.attach(client)
        chunked = bytearray()

        async def more() -> bytes:
            found = bytearray()
            try:
                chunked.extend(remote.recv(self._chance.choice([100, 1 << 16])))
            except BlockingIOError:
                return b""
            while (head := chunked.find(b"\r\n")) >= 0:
                size = int(chunked[:head], 16)
                if len(chunked) < head + size + 4:
                    break
                found += chunked[head + 2 : head + 2 + size]
                del chunked[: head + size + 4]
            return bytes(found)

        yield more
        client.abort()
        remote.close()
