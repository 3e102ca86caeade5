"""Staff topics with a subscriber get live status; the others get nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from hub import events, topics
from hub.delivery.endpoint import EndpointOptions
from hub.delivery.limits import ConnectionLimits
from hub.log import Log
from hub.log.replay import Replay
from hub.ops import live_status
from hub.ops.connection_list import encode
from hub.ops.instance_stats import InstanceStats
from hub.ops.live_status import LiveStatus
from hub.ops.loop_lag import LoopLag
from hub.ops.remote_commands import RemoteCommands, disconnect, drain
from hub.rooms.endpoint import Rooms
from hub.rooms.presence.memory import MemoryPresence
from hub.rooms.rate_limiter import Rates
from hub.rooms.registry import RoomRegistry
from tests.unit.hub.feeds.conftest import Client, Desk
from tests.unit.hub.stub_application import StubApplication

BOSS = {"authorization": "Bearer boss"}


class Office(StubApplication):
    """What the wiring puts around a desk so that staff can look at it."""

    def __init__(self, desk: Desk) -> None:
        self.reported: tuple[str, Any] | None = None
        self.asked: list[str] = []
        log: Log = desk.log
        layer = InMemoryChannelLayer()
        registry = RoomRegistry(
            log, desk.fanout, MemoryPresence(), layer=layer, application=self, messages_per_day=100
        )
        options = EndpointOptions(20, 3600, 65536, frozenset(), ("testserver",))
        rooms = Rooms(
            desk.fanout,
            ConnectionLimits(9, per_user=9, per_address=9),
            options,
            replay=Replay(log, desk),
            registry=registry,
            application=self,
            rates=Rates(20, 20, 65536),
        )
        self.live_status = LiveStatus(
            log,
            desk.fanout,
            instance="hub-1",
            feeds=desk.feeds,
            rooms=rooms,
            registry=registry,
            stats=InstanceStats(
                "hub-1", fanout=desk.fanout, feeds=desk.feeds, rooms=rooms, loop_lag=LoopLag()
            ),
            application=self,
        )
        RemoteCommands(desk.fanout.control, [desk.feeds, rooms], instance="hub-1", drain_s=0.1)

    async def live_report(self, topic: str, /) -> tuple[str, Any] | None:
        self.asked.append(topic)
        return self.reported


@pytest.fixture
async def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(live_status, "ASK_S", 0.05)
    monkeypatch.setattr(live_status, "REPORT_S", 0.05)
    monkeypatch.setattr(live_status, "REPEAT_S", 0.02)
    office = Office(desk)
    running = asyncio.create_task(office.live_status.run())
    yield office
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def look(desk: Desk, *names: str) -> Client:
    return await desk.opened(("own", "0"), *(("topic", topics.staff(name)) for name in names), headers=BOSS)


async def test_staff_who_look_are_sent_the_instance_stats_again_and_again(desk: Desk, office: Office) -> None:
    await desk.opened()

    looking = await look(desk, "instances")
    await looking.until_event("instance", 2)

    received = looking.events[-1].data["data"]
    assert received["instance"] == "hub-1"
    assert received["feeds"] == 2
    assert received["draining"] is False
    assert received["memory_mb"] > 1


async def test_what_has_no_subscriber_any_more_is_not_published(desk: Desk, office: Office) -> None:
    looking = await look(desk, "instances")
    await looking.until_event("instance")
    looking.leave()
    await looking.until_ended()
    other = await look(desk, "sending-1")
    head, asked = desk.log.head(), len(office.asked)

    # The loops go on: that of reports has several turns, and asks as often as the other would.
    await other.until(lambda: len(office.asked) >= asked + 5)

    assert desk.log.head() == head


async def test_the_connections_that_match_are_sent(desk: Desk, office: Office) -> None:
    await desk.opened(headers={"authorization": "Bearer ann"})
    await desk.opened(headers={"authorization": "Bearer bob"})

    looking = await look(desk, f"connections-{encode(person='ann')}")
    await looking.until_event("connections")

    received = looking.events[-1].data["data"]
    assert received["matching"] == 1
    assert received["connections"][0]["person"] == {"id": "ann", "name": "ann"}


async def test_a_topic_that_names_no_filter_finds_nothing(desk: Desk, office: Office) -> None:
    looking = await look(desk, "connections-x")
    await looking.until_event("connections")

    assert looking.events[-1].data["data"]["matching"] == 0


async def test_a_report_is_sent_once_for_as_long_as_it_is_the_same(desk: Desk, office: Office) -> None:
    office.reported = ("progress", {"delivered": 1})

    looking = await look(desk, "sending-1")
    await looking.until_event("progress")
    asked = len(office.asked)
    await looking.until(lambda: len(office.asked) > asked + 2)
    office.reported = ("progress", {"delivered": 2})
    await looking.until_event("progress", 2)

    assert [one.data["data"]["delivered"] for one in looking.events if one.type == "progress"] == [1, 2]
    assert set(office.asked) == {"staff-sending-1"}


async def test_one_connection_is_closed_by_order_and_no_other(desk: Desk, office: Office) -> None:
    first = await desk.opened(headers={"authorization": "Bearer ann"})
    second = await desk.opened(headers={"authorization": "Bearer ann"})
    number = max(subscriber.number for subscriber in desk.feeds.connections)

    desk.log.append([disconnect("hub-2", number, "ann"), disconnect("hub-1", number, "bob")])
    desk.log.append([disconnect("hub-1", number, "ann")])
    await second.until_ended()

    assert second.events[-1].data == {"reason": "revoked", "retry": True}
    assert not first.ended


async def test_a_drained_instance_moves_every_client_and_admits_none_until_it_is_resumed(
    desk: Desk, office: Office
) -> None:
    reader = await desk.opened()

    desk.log.append([drain("hub-2", True), drain("hub-1", True)])
    await reader.until_ended()
    refused = await desk.refused()
    desk.log.append([drain("hub-1", False)])
    async with asyncio.timeout(10):
        while desk.feeds.draining:
            await asyncio.sleep(0)

    assert reader.events[-1].type == "retire"
    assert refused.status == 503
    assert (await desk.opened()).status == 200


async def test_an_instance_without_connections_drains_at_once(desk: Desk) -> None:
    async with asyncio.timeout(5):
        await desk.feeds.drain(60)

    assert desk.feeds.draining


@pytest.mark.parametrize(
    "asked", [["room-lobby"], ["everyone"], ["instances"], [7], "staff-rooms", None, [[]]]
)
async def test_what_is_no_staff_topic_is_answered_nowhere(desk: Desk, office: Office, asked: Any) -> None:
    feed = await look(desk, "rooms")

    desk.log.append([events.draft(topics.CONTROL, "ask", {"topics": asked})])
    await feed.until_event("rooms")

    page = await desk.log.read({"room-lobby": 0, "everyone": 0, "instances": 0})
    assert page.events == []


async def test_a_report_that_fails_stops_no_other(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def report(topic: str) -> tuple[str, Any] | None:
        if topic == topics.staff("lines-bad"):
            raise RuntimeError("no good")
        return "lines", {"lines": []}

    monkeypatch.setattr(office, "live_report", report)
    feed = await look(desk, "lines-bad", "lines-good")

    await feed.until_event("lines")


async def test_a_snapshot_that_fails_stops_no_other(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.live_status._stats, "measure", lambda: 1 / 0)
    feed = await look(desk, "instances", "rooms")

    await feed.until_event("rooms", 2)
