"""Requests as helpers of EventSource make them, and what a client that splits at blank lines reads."""

from __future__ import annotations

import pytest

from tests.unit.hub.feeds.conftest import Desk

NAMES = ["last_event_id", "lastEventId", "lastEventID", "last-event-id", "Last-Event-ID"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_feed_resumes_by_every_name_of_the_parameter(desk: Desk, name: str) -> None:
    first = desk.publish("job-1", "seen")
    desk.publish("job-1", "missed")

    client = await desk.opened(("topic", "job-1"), (name, str(first)))

    assert [event.data["data"] for event in client.events if event.type == "progress"] == ["missed"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_malformed_position_is_a_400_by_every_name(desk: Desk, name: str) -> None:
    client = await desk.refused((name, "abc"))

    assert client.status == 400


async def test_the_newest_position_wins_where_a_helper_adds_its_own(desk: Desk) -> None:
    first = desk.publish("job-1", "at first")
    second = desk.publish("job-1", "seen")
    desk.publish("job-1", "missed")

    client = await desk.opened(
        ("topic", "job-1"), ("last_event_id", str(first)), ("lastEventId", str(second))
    )

    assert client.events[0].id == str(second)


async def test_the_header_wins_over_every_parameter(desk: Desk) -> None:
    first = desk.publish("job-1", "seen")
    second = desk.publish("job-1", "missed")

    client = await desk.opened(
        ("topic", "job-1"), ("lastEventId", str(second)), headers={"last-event-id": str(first)}
    )

    assert client.events[0].id == str(first)


async def test_position_0_of_a_parameter_is_a_position(desk: Desk) -> None:
    desk.publish("job-1", "the first")

    client = await desk.opened(("topic", "job-1"), ("lastEventId", "0"))

    assert client.events[0].data["resumed"] is True


async def test_every_blank_line_ends_a_block_with_data() -> None:
    async with Desk(limits={"heartbeat_s": 0.05}) as desk:
        client = await desk.opened(("topic", "job-1"))
        await client.until(lambda: client.body.count(b": heartbeat\n") >= 2)
        desk.publish("job-1", "after heartbeats")
        await client.until_event("progress")

        blocks = client.body.split(b"\n\n")[:-1]

        assert all(b"data: " in block for block in blocks)


async def test_a_reader_that_splits_text_into_lines_reads_every_event(desk: Desk) -> None:
    client = await desk.opened(("topic", "job-1"))
    text = "".join(map(chr, range(0x20))) + "\x85\u2028\u2029"
    desk.publish("job-1", {text: text})
    await client.until_event("progress")

    assert client.events[-1].data["data"] == {text: text}
    assert client.body.decode().splitlines() == client.body.decode().split("\n")[:-1]


async def test_without_its_slash_a_feed_is_elsewhere_for_good(desk: Desk) -> None:
    client = desk.open(("topic", "job-1"), headers={"origin": "https://app.example.com"})
    client.scope["path"] = "/feed"
    await client.until_ended()

    assert client.status == 308
    assert client.headers["location"] == "/feed/?topic=job-1"
    assert client.headers["access-control-allow-origin"] == "https://app.example.com"


async def test_a_preflight_without_the_slash_is_answered_and_not_redirected(desk: Desk) -> None:
    client = desk.open(headers={"origin": "https://app.example.com"}, method="OPTIONS")
    client.scope["path"] = "/feed"
    await client.until_ended()

    assert client.status == 204


async def test_head_is_answered_like_get_without_a_feed(desk: Desk) -> None:
    client = await desk.refused(("topic", "job-1"), method="HEAD")

    assert (client.status, client.body) == (200, b"")
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert not desk.feeds.connections


@pytest.mark.parametrize(
    ("query", "bearer", "status"),
    [("job 1", "Bearer 1", 400), ("job-1", "", 401), ("secret", "Bearer 1", 403)],
)
async def test_head_is_refused_like_get(desk: Desk, query: str, bearer: str, status: int) -> None:
    client = await desk.refused(("topic", query), headers={"authorization": bearer}, method="HEAD")

    assert client.status == status
