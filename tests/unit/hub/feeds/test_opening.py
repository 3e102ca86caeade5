"""How a feed begins."""

from __future__ import annotations

import re

from tests.unit.hub.feeds.conftest import Desk


async def test_it_begins_with_a_retry_of_its_own_then_says_where_it_stands(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))

    retry = re.match(rb"retry: (\d+)\nid: ", client.body)
    assert retry is not None
    assert 1000 <= int(retry[1]) <= 4000
    opening = client.events[0]
    assert opening.type == "stream-open"
    assert opening.id == opening.data["position"]
    assert opening.data["topics"] == ["everyone", "user-1", "job-1"]
    assert opening.data["resumed"] is False
    assert opening.data["count"]["unread"] == 3
    assert client.types == ["stream-open", "stream-live"]


async def test_without_a_position_it_starts_now(desk: Desk) -> None:
    desk.publish("job-1", "before")
    client = await desk.opened(("topic", "job-1"))
    desk.publish("job-1", "after")

    await client.until_event("progress")

    assert [event.data["data"] for event in client.events if event.type == "progress"] == ["after"]


async def test_an_event_shows_its_position_type_topic_and_data(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))
    position = desk.publish("job-1", {"done": 3})

    await client.until_event("progress")

    event = client.events[-1]
    assert event.id == str(position)
    assert event.data["topic"] == "job-1"
    assert event.data["data"] == {"done": 3}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.data["at"])


async def test_own_0_leaves_the_inbox_out(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"), ("own", "0"))

    assert client.events[0].data["topics"] == ["job-1"]
    assert client.events[0].data["count"] is None


async def test_it_is_not_cached_nor_buffered_nor_sniffed(desk: Desk) -> None:
    client = await desk.opened()

    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.headers["cache-control"] == "no-store, no-transform"
    assert client.headers["x-accel-buffering"] == "no"
    assert client.headers["x-content-type-options"] == "nosniff"


async def test_with_the_database_down_it_opens_without_a_count(desk: Desk) -> None:
    desk.database_down = True

    client = await desk.opened()

    assert client.events[0].data["count"] is None
