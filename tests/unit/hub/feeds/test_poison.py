"""The worst on any topic, and the next event is delivered: nothing that fails takes its neighbours along."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from hub import topics
from hub.delivery.fanout import Fanout
from hub.delivery.open_connections import OpenConnections
from hub.delivery.subscriber import Subscriber
from hub.events import Draft, Event
from hub.feeds.sse import SSE
from hub.ops.remote_commands import RemoteCommands
from hub.ports import Person
from hub.support.faults import malformed
from tests.unit.hub.feeds.conftest import Desk

BODIES = {
    "no object": b"hello",
    "no data": b'{"topic":"hub.control"}',
    "null": b'{"data":null}',
    "a list": b'{"data":[]}',
    "text": b'{"data":"x"}',
    "empty": b'{"data":{}}',
    "numbers": b'{"data":{"person":7,"topics":7,"instance":7,"number":"x","draining":"x"}}',
    "lists": b'{"data":{"person":[],"topics":[[]],"instance":[],"number":[],"draining":[]}}',
    "nulls": b'{"data":{"person":null,"topics":null,"instance":null,"number":null,"draining":null}}',
    "wrong topics": b'{"data":{"topics":["room-1","everyone","hub.control","instances","staff-\\u0000",""]}}',
    "deep": b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "five thousand digits": b'{"data":{"number":' + b"9" * 5000 + b"}}",
    "not UTF-8": b'{"data":"\xff"}',
}
TYPES = ("recheck", "ask", "drain", "disconnect", "notification", "unknown")


@pytest.mark.parametrize("body", BODIES)
async def test_nothing_on_the_control_topic_stops_a_feed(desk: Desk, body: str) -> None:
    RemoteCommands(desk.fanout.control, [desk.feeds], instance="hub-1", drain_s=0.1)
    feed = await desk.opened(("topic", "job-1"))
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))

    desk.log.append([Draft(topics.CONTROL, type, BODIES[body]) for type in TYPES])
    desk.publish("job-1", "after them")
    await feed.until_event("progress")

    assert feed.events[-1].data["data"] == "after them"
    assert not desk.feeds.draining
    assert not any(loop.done() for loop in desk.running)
    assert not faults


async def test_a_tap_that_fails_stops_neither_the_others_nor_the_delivery(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def failing(event: Event) -> None:
        raise RuntimeError("no good")

    desk.fanout.taps += [failing, lambda event: seen.append(event.topic)]
    feed = await desk.opened(("topic", "job-1"))
    before = malformed.counts["tap"]

    with caplog.at_level(logging.ERROR):
        for number in range(3):
            desk.publish("job-1", number)
        await feed.until_event("progress", 3)

    assert seen == ["job-1"] * 3
    assert malformed.counts["tap"] == before + 3
    assert sum("no good" in record.getMessage() for record in caplog.records) == 1


async def test_a_tap_of_the_state_that_fails_stops_no_other(desk: Desk) -> None:
    def failing(live: bool) -> None:
        raise RuntimeError("no good")

    desk.fanout.on_state.insert(0, failing)
    feed = await desk.opened()

    desk.fanout.disconnected()
    desk.fanout.restored()
    await feed.until_event("stream-degraded")
    await feed.until_event("stream-live", 2)


async def test_a_heal_that_fails_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = await desk.opened(("topic", "job-1"))
    heal = Fanout._apply
    failed: list[bool] = []

    def fail_once(*args: object) -> None:
        if not failed:
            failed.append(True)
            raise RuntimeError("no good")
        heal(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Fanout, "_apply", fail_once)
    desk.fanout.disconnected()
    desk.publish("job-1", "while deaf")
    desk.fanout.restored()

    await feed.until_event("progress")
    assert failed


async def test_a_reader_whose_delivery_fails_is_closed_and_the_others_are_served(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await desk.opened(("topic", "job-1"))
    healthy = await desk.opened(("topic", "job-1"))
    (first, _) = sorted(desk.feeds.connections, key=lambda subscriber: subscriber.number)
    put = Subscriber.put

    def fail(self: Subscriber, *args: object) -> None:
        if self is first:
            raise RuntimeError("no good")
        put(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Subscriber, "put", fail)
    desk.publish("job-1", "to both")

    await healthy.until_event("progress")
    await broken.until_ended()


async def test_a_position_of_the_far_future_is_not_believed_before_the_log_is_asked(desk: Desk) -> None:
    feed = await desk.opened(("topic", "job-1"))
    (head,) = desk.log.append([Draft("job-2", "tick", b"{}")])

    desk.fanout.received(Event(9 * 10**15, head, "job-1", "forged", b'{"data":1}'))
    position = desk.publish("job-1", "the next")
    await feed.until_event("progress")

    assert "forged" not in feed.types
    assert feed.events[-1].id == f"{position}"


def someone(name: str, act: Callable[[], None]) -> Subscriber:
    class One(Subscriber):
        __slots__ = ()

        def beat(self) -> None:
            act()

        def retire(self) -> None:
            act()

    return One(Person(name, name, ()), address="", topics=(), dialect=SSE, mailbox_bytes=100)


def fail() -> None:
    raise RuntimeError("no good")


async def test_a_heartbeat_that_fails_stops_no_other() -> None:
    connections = OpenConnections(0.01)
    beaten = asyncio.Event()
    connections.add(someone("bad", fail))
    connections.add(someone("good", beaten.set))
    connections.add(someone("bad too", fail))

    running = asyncio.create_task(connections.run())
    async with asyncio.timeout(5):
        for _ in range(3):
            beaten.clear()
            await beaten.wait()

    assert not running.done()
    running.cancel()
