"""An open feed: heartbeats, counts, and the ways it ends."""

from __future__ import annotations

import asyncio
import time

from hub.delivery import revocation
from tests.unit.hub.feeds.conftest import Desk


async def test_a_quiet_feed_beats() -> None:
    async with Desk(limits={"heartbeat_s": 0.1}) as desk:
        client = await desk.opened()

        await client.until(lambda: client.body.count(b": heartbeat\n") >= 2)


async def test_an_event_in_the_inbox_brings_the_servers_count_without_an_id(desk: Desk) -> None:
    client = await desk.opened()
    desk.unread = 4
    desk.publish("user-1", {"id": "n"}, type="notification")

    await client.until_event("count")

    count = client.events[-1]
    assert count.data["unread"] == 4
    assert count.data["version"] > client.events[0].data["count"]["version"]
    assert count.id == ""


async def test_many_events_at_once_bring_one_count(desk: Desk) -> None:
    client = await desk.opened()
    for n in range(50):
        desk.publish("everyone", n, type="notification")

    await client.until_event("count")
    await client.until_event("notification", 50)

    assert client.types.count("count") == 1


async def test_a_live_topic_brings_no_count(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))
    desk.publish("job-1")
    desk.publish("everyone", type="notification")

    await client.until_event("count")

    assert client.types.count("count") == 1


async def test_a_reader_that_stops_is_closed_as_slow_and_costs_no_other() -> None:
    async with Desk(limits={"mailbox_bytes": 64 * 1024}) as desk:
        slow = await desk.opened(("topic", "job-1"))
        healthy = await desk.opened(("topic", "job-1"))
        slow.stop_reading()
        for _ in range(100):
            desk.publish("job-1", "x" * 1000)
            await asyncio.sleep(0)
        await healthy.until_event("progress", 100)
        slow.read_on()
        await slow.until_ended()

        assert slow.types[-1] == "stream-error"
        assert slow.events[-1].data == {"reason": "slow", "retry": True}
        assert len(slow.body) < 80_000


async def test_a_slow_reader_that_resumes_has_missed_nothing() -> None:
    async with Desk(limits={"mailbox_bytes": 64 * 1024}, max_events=1000) as desk:
        slow = await desk.opened(("topic", "job-1"))
        slow.stop_reading()
        for n in range(100):
            desk.publish("job-1", [n, "x" * 1000])
            await asyncio.sleep(0)
        slow.read_on()
        await slow.until_ended()
        last = [event.id for event in slow.events if event.id][-1]

        again = await desk.opened(("topic", "job-1"), ("last_event_id", last))

        seen = [event.data["data"][0] for event in slow.events + again.events if event.type == "progress"]
        assert seen == list(range(100))


async def test_a_token_that_expires_ends_its_feed() -> None:
    async with Desk(limits={"heartbeat_s": 0.1}) as desk:
        client = await desk.opened(headers={"authorization": f"Bearer 1@{time.time() + 0.2}"})

        await client.until_ended()

        assert client.events[-1].data == {"reason": "expired", "retry": False}


async def test_a_revoked_person_is_closed_and_others_stay(desk: Desk) -> None:
    client = await desk.opened()
    other = await desk.opened(headers={"authorization": "Bearer 2"})
    desk.gone = {"1": False}

    desk.log.append([revocation.recheck(1)])
    await client.until_ended()

    assert client.events[-1].type == "stream-error"
    assert client.events[-1].data == {"reason": "revoked", "retry": False}
    assert not other.ended


async def test_a_person_who_may_stay_stays(desk: Desk) -> None:
    client = await desk.opened()

    desk.log.append([revocation.recheck(1)])
    desk.publish("everyone", type="notification")
    await client.until_event("count")
    await asyncio.sleep(revocation.GATHER_S)

    assert not client.ended


async def test_draining_sends_every_client_elsewhere_after_a_time_of_its_own(desk: Desk) -> None:
    clients = [await desk.opened() for _ in range(10)]

    await desk.feeds.drain(0)
    for client in clients:
        await client.until_ended()

    assert all(client.types[-1] == "retire" for client in clients)
    assert len({client.events[-1].data["retry"] for client in clients}) > 1


async def test_a_client_that_left_leaves_nothing_behind(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))

    client.leave()
    await client.until_ended()

    assert not desk.feeds.connections
    assert not desk.unread_counts.topics
    assert not desk.fanout.topics["job-1"]
