"""The log goes away under open feeds: they stay, they say so, and miss nothing."""

from __future__ import annotations

from tests.unit.hub.feeds.conftest import Client, Desk


def progress(client: Client) -> list[object]:
    return [event.data["data"] for event in client.events if event.type == "progress"]


async def test_open_feeds_say_that_they_are_degraded_and_catch_up(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))

    desk.fanout.disconnected()
    await client.until_event("stream-degraded")
    await desk.log.unsubscribe(["job-1"])
    desk.publish("job-1", "unheard")
    await desk.log.subscribe(["job-1"])
    desk.fanout.restored()
    await client.until_event("stream-live", 2)
    desk.publish("job-1", "heard")
    await client.until_event("progress", 2)

    assert progress(client) == ["unheard", "heard"]
    assert client.types.index("progress") < len(client.types) - client.types[::-1].index("stream-live") - 1


async def test_a_feed_that_opens_while_nothing_is_received_is_degraded_until_it_is(desk: Desk) -> None:
    """The log can be read all the same, and another feed has opened the topic."""
    await desk.opened(("topic", "job-1"))
    desk.fanout.disconnected()

    client = await desk.opened(("topic", "job-1"))
    await client.until_event("stream-degraded")
    desk.fanout.restored()
    await client.until_event("stream-live", 2)

    assert client.types.index("stream-degraded") > client.types.index("stream-live")


async def test_a_reset_found_by_healing_is_sent_before_what_follows() -> None:
    async with Desk(max_events=2) as desk:
        client = await desk.opened(("topic", "job-1"))
        desk.fanout.disconnected()
        await desk.log.unsubscribe(["job-1"])
        for n in range(5):
            desk.publish("job-1", n)
        await desk.log.subscribe(["job-1"])
        desk.fanout.restored()

        await client.until_event("progress", 2)

        assert progress(client) == [3, 4]
        assert client.types.index("stream-reset") < client.types.index("progress")


async def test_after_an_outage_of_the_log_the_counts_are_sent_again(desk: Desk) -> None:
    client = await desk.opened()
    desk.fanout.disconnected()
    desk.unread = 9
    desk.fanout.restored()

    await client.until_event("count")

    assert client.events[-1].data["unread"] == 9


async def test_a_gap_in_what_is_received_is_read_from_the_log(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))
    await desk.log.unsubscribe(["job-1"])
    desk.publish("job-1", "lost on the way")
    await desk.log.subscribe(["job-1"])
    desk.publish("job-1", "arrived")

    await client.until_event("progress", 2)

    assert progress(client) == ["lost on the way", "arrived"]
