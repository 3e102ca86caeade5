"""A reader of latest values that is cut off again and again, values being written or not: random schedules.

Each schedule is a seed: who runs next at every await, when the connection to the log is lost, after
which block the reader is cut off. It resumes by the last id that it was given, as `EventSource` does.
The first values are older than the history of the other topic, so that to resume from one of them is a gap.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator

import pytest

from hub.delivery.catch_up import CatchUp
from hub.delivery.fanout import Fanout
from hub.delivery.subscriber import Subscriber
from hub.events import Encoded, draft
from hub.feeds import sse
from hub.log.replay import Replay
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from hub.ports import Person
from tests.unit.hub.delivery.test_schedules import Whimsical
from tests.unit.hub.stub_application import StubApplication

TILES, PLAIN = "tiles", "plain"
POLICIES = (TopicPolicy(TILES, latest=True, max_events=3), TopicPolicy(PLAIN, max_events=60))
KEYS = "abcdef"
BEFORE = 70  # events of the other topic between the first values and the reader
EVENTS = 50
NEWCOMERS = 4
SCHEDULES = 60


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    table.replace(POLICIES)
    yield
    table.replace(())


class Unmarked(sse.Sse):
    """Without the position after each value."""

    def resume(self, position: int) -> Encoded:
        return Encoded(b"", b"")


class Reader:
    """What a page has of its feed: the value of each key, the numbers of the other topic, what was reset.

    It drops what it has seen; with ``compares`` also an event that is older than what it has of the key.
    """

    def __init__(self, last: int | None, *, compares: bool) -> None:
        self._compares = compares
        self._positions: dict[str, int] = {}
        self.begin = self.last = last
        self.values: dict[str, int] = {}
        self.numbers: list[int] = []
        self.resets: set[str] = set()
        self._seen: set[int] = set()
        self._connection: dict[str, int] = {}  # the positions of the values in this connection

    def connect(self) -> None:
        self._connection = {}

    def read(self, block: bytes) -> str:
        """The type of the block."""
        lines = dict(line.split(": ", 1) for line in block.decode().split("\n"))
        self.last = int(lines.get("id", self.last or 0)) or None
        type, data = lines["event"], json.loads(lines["data"])
        if type.startswith("stream-"):
            self.begin = self.begin or self.last
            self.resets.update(data["topics"] if type == "stream-reset" else ())
            return type
        position = int(lines["id"])
        if type == "tile":
            assert position >= self._connection.get(data["key"], 0), "an older value after a newer one"
            self._connection[data["key"]] = position
        if position not in self._seen:
            self._seen.add(position)
            if type == "tile":
                newer = position > self._positions.get(data["key"], 0)
                if newer or not self._compares:
                    self.values[data["key"]] = data["data"]
                    self._positions[data["key"]] = position
            else:
                self.numbers.append(data["data"])
        return type


class Schedule:
    def __init__(self, seed: int, *, dialect: sse.Sse, cut_anywhere: bool) -> None:
        self.chance = random.Random(seed)
        self.log = Whimsical(self.chance, 0.0)
        self.replay = Replay(self.log, StubApplication())
        self.fanout = Fanout(self.log, self.replay)
        self.dialect = dialect
        self.cut_anywhere = cut_anywhere
        self.values: dict[str, int] = {}
        self.numbers: dict[int, int] = {}  # by position
        self.over = False

    def tile(self, number: int) -> None:
        key = self.chance.choice(KEYS)
        self.log.append([draft(TILES, "tile", number, value_key=key)])
        self.values[key] = number

    def tick(self, number: int) -> None:
        (position,) = self.log.append([draft(PLAIN, "tick", number)])
        self.numbers[position] = number

    async def publish(self) -> None:
        for number in range(EVENTS):
            await self.log.dawdle()
            self.chance.choice((self.tile, self.tick))(1000 + number)
        self.fanout.restored()  # a lost last event has no successor to betray it
        self.over = True

    async def disturb(self) -> None:
        while not self.over:
            for _ in range(10):
                await self.log.dawdle()
            if self.fanout.live:
                self.log.loss = 1.0
                self.fanout.disconnected()
                await self.log.dawdle()
                await self.log.dawdle()
                self.log.loss = 0.0
                self.fanout.restored()

    async def read(self, reader: Reader, *, stays: bool) -> None:
        """Connect again and again, or once, until all is published."""
        for _ in range(self.chance.randrange(60)):
            await asyncio.sleep(0)
        while not (self.over or stays):
            await self.connect(reader, self.chance.randrange(20))
            await self.log.dawdle()
        await self.connect(reader, None)

    async def connect(self, reader: Reader, cut: int | None) -> None:
        """Read so many blocks, or all there are."""
        subscriber = Subscriber(
            Person("ann", "ann", ()),
            address="",
            topics=(TILES, PLAIN),
            dialect=self.dialect,
            mailbox_bytes=1 << 20,
        )
        data = bytearray()

        async def write(payload: bytes) -> None:
            data.extend(payload)
            await self.log.dawdle()

        reader.connect()
        await CatchUp(
            self.fanout,
            self.replay,
            subscriber,
            after=reader.last,
            resumed=reader.last is not None,
            opening=lambda position, resumed: sse.opening((TILES, PLAIN), {}, position, resumed),
            write=write,
        ).run()
        while cut is not None and not self.over and data.count(b"\n\n") < cut:
            data.extend(await subscriber.drain() if subscriber._mailbox else b"")
            await asyncio.sleep(0)
        while cut is None and not (self.over and self.fanout.settled):
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        subscriber.close("cut")
        data.extend(await subscriber.drain())
        self.fanout.leave(subscriber)
        *blocks, _ = bytes(data).split(b"\n\n")
        type = ""
        for number, block in enumerate(blocks):
            if (
                cut is not None
                and number >= cut
                and (self.cut_anywhere or type != "tile" or b"stream-position" not in block)
            ):
                break
            type = reader.read(block)


async def play(
    seed: int, *, outages: bool = False, dialect: sse.Sse = sse.SSE, cut_anywhere: bool = False
) -> tuple[Schedule, list[Reader]]:
    schedule = Schedule(seed, dialect=dialect, cut_anywhere=cut_anywhere)
    loops = [
        asyncio.create_task(schedule.log.listen(schedule.fanout)),
        asyncio.create_task(schedule.fanout.run()),
    ]
    await schedule.fanout.until_live()
    for number in range(2 * len(KEYS)):
        schedule.tile(number)
    for number in range(BEFORE):
        schedule.tick(number)
    readers = [Reader(last, compares=cut_anywhere) for last in (schedule.log.head(), *[None] * NEWCOMERS)]
    disturbing = [schedule.disturb()] if outages else []
    reading = [schedule.read(reader, stays=number % 2 == 0) for number, reader in enumerate(readers)]
    await asyncio.gather(schedule.publish(), *disturbing, *reading)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    return schedule, readers


def check(schedule: Schedule, reader: Reader, seed: int) -> None:
    assert reader.values == schedule.values, f"seed {seed}"
    assert reader.begin is not None
    expected = {number for position, number in schedule.numbers.items() if position > reader.begin}
    assert expected <= set(reader.numbers), f"seed {seed}"


async def test_no_schedule_leaves_another_value_or_claims_a_gap_elsewhere() -> None:
    for seed in range(SCHEDULES):
        schedule, readers = await play(seed)
        for reader in readers:
            check(schedule, reader, seed)
            assert PLAIN not in reader.resets, f"seed {seed}"


async def test_no_schedule_loses_a_value_when_the_connection_to_the_log_is_lost() -> None:
    for seed in range(SCHEDULES):
        schedule, readers = await play(seed, outages=True)
        for reader in readers:
            check(schedule, reader, seed)


async def test_a_cut_between_a_value_and_its_position_loses_nothing_either() -> None:
    for seed in range(SCHEDULES):
        schedule, readers = await play(seed, cut_anywhere=True)
        for reader in readers:
            check(schedule, reader, seed)


async def test_without_the_positions_some_schedule_claims_a_gap_elsewhere() -> None:
    """The premise of the first: it can fail."""
    outcomes = [await play(seed, dialect=Unmarked()) for seed in range(50)]

    assert any(PLAIN in reader.resets for _, readers in outcomes for reader in readers)
