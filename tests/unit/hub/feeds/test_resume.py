"""Coming back with a position: what was missed comes first, once, in order; or it is said to be gone."""

from __future__ import annotations

from hub.events import Event, draft
from tests.unit.hub.feeds.conftest import Client, Desk


def progress(client: Client) -> list[object]:
    return [event.data["data"] for event in client.events if event.type == "progress"]


async def test_what_was_missed_is_replayed_in_order_before_it_is_live(desk: Desk) -> None:
    start = desk.publish("job-1", 0)
    for n in range(1, 6):
        desk.publish(f"job-{n % 2}", n)

    client = await desk.opened(("topic", "job-1"), ("topic", "job-0"), ("last_event_id", str(start)))

    assert progress(client) == [1, 2, 3, 4, 5]
    assert client.types[0] == "stream-open"
    assert client.types[-1] == "stream-live"
    assert client.events[0].data["resumed"] is True


async def test_the_opening_repeats_the_given_position(desk: Desk) -> None:
    """A newer one would lose the rest of a replay that is cut in the middle."""
    start = desk.publish("job-1", 0)
    desk.publish("job-1", 1)

    client = await desk.opened(("topic", "job-1"), ("last_event_id", str(start)))

    assert client.events[0].id == client.events[0].data["position"] == str(start)


async def test_the_header_wins_over_the_parameter(desk: Desk) -> None:
    first = desk.publish("job-1", 1)
    second = desk.publish("job-1", 2)

    client = await desk.opened(
        ("topic", "job-1"), ("last_event_id", str(first)), headers={"last-event-id": str(second)}
    )

    assert progress(client) == []


async def test_a_trimmed_live_topic_is_reset() -> None:
    async with Desk(max_events=3) as desk:
        start = desk.publish("job-1", 0)
        for n in range(1, 6):
            desk.publish("job-1", n)

        client = await desk.opened(("topic", "job-1"), ("last_event_id", str(start)))

        reset = next(event for event in client.events if event.type == "stream-reset")
        assert reset.data["topics"] == ["job-1"]
        assert reset.data["reason"] == "trimmed"
        assert reset.id == ""
        assert client.types.index("stream-reset") < client.types.index("progress")
        assert progress(client) == [3, 4, 5]


async def test_a_trimmed_inbox_comes_from_the_database_without_a_reset(desk: Desk) -> None:
    start = desk.log.head()
    lost = [start + 10, start + 20, start + 30]
    desk.rows = [
        Event(at, 0, "user-1", "notification", draft("user-1", "notification", {"id": str(at)}).body)
        for at in lost
    ]
    desk.log.seen(start + 40)  # as after a flush: the data set is younger than the reader
    live = desk.publish("user-1", {"id": "live"}, type="notification")

    client = await desk.opened(("last_event_id", str(start)))

    found = [event for event in client.events if event.type == "notification"]
    assert [int(event.id) for event in found] == [*lost, live]
    assert "stream-reset" not in client.types


async def test_with_the_database_down_a_trimmed_inbox_is_reset(desk: Desk) -> None:
    start = desk.log.head()
    desk.log.seen(start + 40)
    desk.database_down = True

    client = await desk.opened(("last_event_id", str(start)))

    assert "stream-reset" in client.types


async def test_a_position_of_the_future_is_unknown_and_goes_on_from_now(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"), ("last_event_id", "9" * 16))
    desk.publish("job-1", "later")

    await client.until_event("progress")

    reset = next(event for event in client.events if event.type == "stream-reset")
    assert reset.data["reason"] == "unknown"
    assert "job-1" in reset.data["topics"]
    assert progress(client) == ["later"]


async def test_a_position_from_before_the_log_is_reset(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"), ("last_event_id", "0"))

    assert "stream-reset" in client.types


async def test_a_long_replay_loses_nothing_that_is_published_meanwhile() -> None:
    async with Desk(max_events=5000) as desk:
        start = desk.publish("job-1", 0)
        for n in range(1, 1501):
            desk.publish("job-1", n)

        client = desk.open(("topic", "job-1"), ("last_event_id", str(start)))
        await client.until_event("stream-open")
        for n in range(1501, 1601):
            desk.publish("job-1", n)
        await client.until(lambda: len(progress(client)) >= 1600)

        assert progress(client) == list(range(1, 1601))
