"""Signals through the layer of one process, and between two instances through a real Redis."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from channels.layers import BaseChannelLayer, InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub.rooms import signals
from hub.rooms.signals import ReceivedSignal, Signals
from tests.cluster.ports import Ports
from tests.cluster.redis import Redis

ALICE, BOB = {"id": "7", "name": "Alice"}, {"id": "8", "name": "Bob\n🙂"}


class Instance:
    """Signals, and what they deliver."""

    def __init__(self, layer: BaseChannelLayer) -> None:
        self.delivered: list[tuple[str, list[ReceivedSignal]]] = []
        self.signals = Signals(layer, lambda room, received: self.delivered.append((room, received)))
        self.running = asyncio.create_task(self.signals.run())

    @property
    def received(self) -> list[ReceivedSignal]:
        return [signalled for _, some in self.delivered for signalled in some]

    async def until(self, condition: Callable[[], bool], deadline_s: float = 15) -> None:
        async with asyncio.timeout(deadline_s):
            while not condition():
                await asyncio.sleep(0.005)

    async def until_received_from(self, other: Instance, body: str) -> None:
        """The other says it until it is heard here: what is lost meanwhile may be."""
        async with asyncio.timeout(20):
            while body not in [signalled.body for signalled in self.received]:
                other.signals.send("lobby", BOB, "typing", body, "b1")
                await asyncio.sleep(0.05)

    async def until_losing(self) -> None:
        """What is sent is lost at once: the layer is known to be away."""
        async with asyncio.timeout(15):
            before = self.signals.dropped
            while self.signals.dropped == before:
                await asyncio.sleep(0.05)
                self.signals.send("lobby", ALICE, "typing", 1, "c1")

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


class Counting(InMemoryChannelLayer):
    """The layer itself, with what was published through it written down, and a switch to turn it deaf."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.silent = False

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append((group, message))
        await super().group_send(group, message)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        if not self.silent:
            await super().send(channel, message)


@pytest.fixture
def layer() -> Counting:
    return Counting()


@pytest.fixture
async def instance(layer: Counting) -> AsyncIterator[Instance]:
    made = Instance(layer)
    yield made
    await made.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path, Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
async def two(server: Redis) -> AsyncIterator[list[Instance]]:
    hosts = [{"address": server.url, "protocol": 2}]
    made = [Instance(RedisPubSubChannelLayer(hosts=hosts, prefix="hub:signals:")) for _ in range(2)]
    await asyncio.gather(*(instance.signals.join("lobby") for instance in made))
    yield made
    for instance in made:
        await instance.stop()


async def test_a_signal_is_delivered_whole(instance: Instance) -> None:
    body = {"x": 0.5, "n": 2**70, "text": "مرحبا\n", "deep": [None, {"": []}]}
    await instance.signals.join("lobby")

    instance.signals.send("lobby", BOB, "cursor", body, "c1")
    instance.signals.send("lobby", ALICE, "typing", "\x00ÿ", "c2")

    await instance.until(lambda: len(instance.received) == 2)
    assert instance.delivered == [
        (
            "lobby",
            [ReceivedSignal(BOB, "cursor", body, "c1"), ReceivedSignal(ALICE, "typing", "\x00ÿ", "c2")],
        )
    ]


async def test_the_latest_wins_and_a_flush_is_one_message_a_room(instance: Instance, layer: Counting) -> None:
    await instance.signals.join("lobby")
    await instance.signals.join("ops")

    for n in range(100):
        instance.signals.send("lobby", ALICE, "cursor", n, "c1")
        instance.signals.send("lobby", BOB, "cursor", -n, "c2")
        instance.signals.send("ops", ALICE, "cursor", n, "c1")

    await instance.until(lambda: len(instance.received) == 3)
    assert len(layer.sent) == 2
    assert sorted(signalled.body for signalled in instance.received) == [-99, 99, 99]
    assert instance.signals.published == instance.signals.received == 3


async def test_what_many_instances_publish_is_delivered_once_a_flush(
    instance: Instance, layer: Counting
) -> None:
    await instance.signals.join("lobby")

    for n in range(20):
        await layer.group_send("lobby", published("lobby", n))

    await instance.until(lambda: len(instance.delivered) == 1)
    assert [signalled.body for signalled in instance.received] == [19]


async def test_beyond_the_bounds_the_oldest_go_and_are_counted(instance: Instance) -> None:
    await instance.signals.join("lobby")

    for n in range(signals.MAX_PENDING_SIGNALS + 5):
        instance.signals.send("lobby", {"id": str(n), "name": ""}, "cursor", n, "c1")
    assert instance.signals.dropped == 5
    await instance.until(lambda: len(instance.received) == signals.MAX_PENDING_SIGNALS)
    for n in range(100):
        instance.signals.send(
            "lobby", {"id": str(n), "name": ""}, "cursor", "x" * (64 * 1024 - len('""')), "c1"
        )

    assert instance.received[0].body == 5
    assert instance.signals.dropped == 5 + 100 - signals.MAX_PENDING_LENGTH // (64 * 1024)


async def test_200_rooms_at_once_lose_nothing_in_one_process(instance: Instance) -> None:
    rooms = [f"r-{n}" for n in range(200)]
    for room in rooms:
        await instance.signals.join(room)

    for room in rooms:
        instance.signals.send(room, ALICE, "typing", True, "c1")

    await instance.until(lambda: len(instance.received) == 200)
    assert sorted(room for room, _ in instance.delivered) == sorted(rooms)


async def test_a_room_that_was_left_is_received_no_more(instance: Instance, layer: Counting) -> None:
    await instance.signals.join("lobby")
    await instance.signals.join("ops")
    await instance.signals.leave("lobby")
    await instance.until(lambda: "lobby" not in layer.groups)

    instance.signals.send("lobby", ALICE, "typing", 1, "c1")
    instance.signals.send("ops", ALICE, "typing", 2, "c1")

    await instance.until(lambda: len(instance.received) == 1)
    assert instance.received[0].body == 2


async def test_one_who_fails_to_take_a_signal_stops_no_one(instance: Instance, layer: Counting) -> None:
    def refuse(room: str, received: list[ReceivedSignal]) -> None:
        instance.delivered.append((room, received))
        raise RuntimeError("refused")

    instance.signals = Signals(layer, refuse)
    await instance.stop()
    instance.running = asyncio.create_task(instance.signals.run())
    await instance.signals.join("lobby")
    await layer.group_send("lobby", {"type": "signals", "room": "lobby", "signals": [None]})

    instance.signals.send("lobby", ALICE, "typing", 1, "c1")
    await instance.until(lambda: len(instance.received) == 1)
    instance.signals.send("lobby", ALICE, "typing", 2, "c1")

    await instance.until(lambda: len(instance.received) == 2)


async def test_what_cannot_be_sent_is_counted_and_never_raised(instance: Instance) -> None:
    instance.signals.send("lobby", ALICE, "typing", 1, "before anybody joined")
    await instance.signals.join("lobby")
    instance.signals.send("lobby", ALICE, "typing", "\ud800", "c1")

    assert instance.signals.dropped == 2


async def test_a_layer_that_fell_silent_is_made_like_new(
    instance: Instance, layer: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "PROBE_S", 0.05)
    monkeypatch.setattr(signals, "SILENCE_S", 0.2)
    await instance.signals.join("lobby")
    before = dict(layer.groups["lobby"])
    layer.silent = True
    await instance.until(lambda: bool({*layer.groups.get("lobby", {})} - {*before}))

    layer.silent = False

    await instance.until_received_from(instance, "again")


async def test_two_instances_receive_from_each_other(two: list[Instance]) -> None:
    one, other = two

    await one.until_received_from(other, "from the other")
    await other.until_received_from(one, "and back")

    assert {signalled.connection_id for signalled in one.received} == {"b1"}


async def test_two_instances_receive_from_each_other_again_after_redis_was_killed(
    server: Redis, two: list[Instance]
) -> None:
    one, other = two
    await one.until_received_from(other, "before")
    server.kill()
    for instance in two:
        await instance.until_losing()
        await instance.signals.join("ops")

    server.start()
    server.wait_ready()

    await one.until_received_from(other, "after")
    await other.until_received_from(one, "and back")


async def test_a_redis_that_hangs_is_noticed_and_received_again(server: Redis, two: list[Instance]) -> None:
    one, other = two
    await one.until_received_from(other, "before")
    server.signal(signal.SIGSTOP)
    for instance in two:
        await instance.until_losing()

    server.signal(signal.SIGCONT)

    await one.until_received_from(other, "after")
    await other.until_received_from(one, "and back")


async def test_a_cut_connection_is_made_good(server: Redis, two: list[Instance]) -> None:
    one, other = two
    await one.until_received_from(other, "before")

    client = redis.Redis.from_url(server.url)
    client.client_kill_filter(_type="pubsub", skipme=True)
    client.close()

    await one.until_received_from(other, "after")
    await other.until_received_from(one, "and back")


def published(room: str, n: int) -> dict[str, Any]:
    return {"type": "signals", "room": room, "signals": [(ALICE, "cursor", str(n), "c1")]}
