"""The last event of each key comes to whoever subscribes, before the feed is live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from hub.events import draft
from hub.log import Values
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from tests.unit.hub.feeds.conftest import Client, Desk, SentEvent

TILES, JOB = ("topic", "tiles"), ("topic", "job-1")


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    table.replace([TopicPolicy("tiles*", latest=True, max_events=2)])
    yield
    table.replace([])


def show(desk: Desk, key: str, number: int, topic: str = "tiles") -> int:
    return desk.log.append([draft(topic, "tile", number, value_key=key)])[0]


def tiles(client: Client) -> list[int]:
    return [event.data["data"] for event in client.events if event.type == "tile"]


def before_live(client: Client) -> list[SentEvent]:
    return client.events[: client.types.index("stream-live")]


async def test_a_newcomer_has_each_value_between_the_opening_and_live(desk: Desk) -> None:
    positions = [show(desk, key, number) for number, key in enumerate("abcab")]

    client = await desk.opened(TILES)

    opening, *events = before_live(client)
    values = [event for event in events if event.type == "tile"]
    assert opening.type == "stream-open"
    assert [event.data["data"] for event in values] == [2, 3, 4]
    assert [event.data["key"] for event in values] == ["c", "a", "b"]
    assert [int(event.id) for event in values] == positions[2:]


async def test_after_each_value_the_feed_stands_where_it_was_opened(desk: Desk) -> None:
    """Native clients resume from the last id, and that of a value may be days old."""
    for key in "abc":
        show(desk, key, 1)
    head = desk.publish("other")

    client = await desk.opened(TILES)

    opening, *events = before_live(client)
    assert [event.type for event in events] == ["tile", "stream-position"] * 3
    positions = [event for event in events if event.type == "stream-position"]
    assert (
        {event.id for event in positions} == {opening.id} == {event.data["position"] for event in positions}
    )
    assert int(opening.id) >= head


async def test_one_that_resumes_has_them_before_what_it_missed(desk: Desk) -> None:
    show(desk, "a", 1)
    show(desk, "b", 2)
    position = desk.publish("other")
    show(desk, "a", 3)

    client = await desk.opened(TILES, headers={"last-event-id": str(position)})

    assert tiles(client) == [2, 3]
    assert "stream-reset" not in client.types


async def test_one_that_missed_more_than_the_history_keeps_is_told_and_has_the_values(desk: Desk) -> None:
    show(desk, "a", 1)
    position = desk.publish("other")
    for number, key in enumerate("bcdefg"):
        show(desk, key, 10 + number)

    client = await desk.opened(TILES, headers={"last-event-id": str(position)})

    assert tiles(client) == [1, 10, 11, 12, 13, 14, 15]
    assert client.types.count("stream-reset") == 1


async def test_what_is_appended_later_comes_once_and_after(desk: Desk) -> None:
    show(desk, "a", 1)
    client = await desk.opened(TILES)

    show(desk, "a", 2)
    await client.until_event("tile", 2)

    assert tiles(client) == [1, 2]
    assert client.types[-1] == "tile"


async def test_values_of_several_topics_come_in_one_order(desk: Desk) -> None:
    for number in range(8):
        show(desk, f"k{number}", number, f"tiles-{number % 3}")

    client = await desk.opened(*(("topic", f"tiles-{n}") for n in range(3)))

    assert tiles(client) == [*range(8)]


async def test_without_a_policy_there_are_none(desk: Desk) -> None:
    show(desk, "a", 1, "plain")

    client = await desk.opened(("topic", "plain"))

    assert [event.type for event in before_live(client)] == ["stream-open"]


async def test_a_poll_without_a_position_is_answered_with_them(desk: Desk) -> None:
    show(desk, "a", 1)

    client = desk.open(TILES, ("wait", "10"))
    await client.until_ended()

    assert tiles(client) == [1]
    assert int(client.events[-1].id) >= int(client.events[0].id)


async def test_a_poll_that_resumes_is_not_answered_with_what_it_has(desk: Desk) -> None:
    show(desk, "a", 1)
    first = desk.open(TILES, ("wait", "10"))
    await first.until_ended()
    second = desk.open(TILES, ("wait", "10"), headers={"last-event-id": first.events[-1].id})
    await asyncio.sleep(0)

    show(desk, "a", 2)
    await second.until_ended()

    assert tiles(second) == [2]


async def test_a_poll_that_resumes_has_them_again_where_it_asks(desk: Desk) -> None:
    """Its topics may have changed since."""
    show(desk, "a", 1)
    position = desk.publish("other")

    client = desk.open(TILES, ("wait", "10"), ("latest", "1"), headers={"last-event-id": str(position)})
    await client.until_ended()

    assert tiles(client) == [1]
    assert client.events[-1].id == str(position)


async def test_more_values_than_an_answer_to_a_poll_may_replay_come_whole(desk: Desk) -> None:
    for number in range(40):
        desk.log.append([draft("tiles", "tile", "x" * 50_000, value_key=f"k{number}")])

    client = desk.open(TILES, ("wait", "10"))
    await client.until_ended()

    assert client.types.count("tile") == 40


async def test_newcomers_at_the_same_time_share_reads(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        show(desk, f"k{number}", number)
    reads = 0
    latest = desk.log.latest

    async def counted(topics: Sequence[str]) -> Values:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0)
        return await latest(topics)

    monkeypatch.setattr(desk.log, "latest", counted)

    readers = [desk.open(TILES, headers={"authorization": f"Bearer {n}"}) for n in range(50)]
    for client in readers:
        await client.until_event("stream-live")

    assert all(tiles(client) == [*range(20)] for client in readers)
    assert reads <= 10


async def test_a_reader_that_does_not_read_on_has_them_when_it_does(desk: Desk) -> None:
    for number in range(40):
        desk.log.append([draft("tiles", "tile", "x" * 50_000, value_key=f"k{number}")])
    client = desk.open(TILES)
    client.stop_reading()
    await asyncio.sleep(0)

    client.read_on()
    await client.until_event("stream-live")

    assert client.types.count("tile") == 40


def feed(client: Client) -> str:
    id: str = client.events[0].data["feed"]
    return id


async def test_after_the_new_topics_the_feed_has_their_values_and_stands_where_it_did(desk: Desk) -> None:
    positions = [show(desk, key, number) for number, key in enumerate("abca")]
    client = await desk.opened(JOB)

    await desk.change(feed(client), add=["tiles"])
    await client.until_event("tile", 3)
    await client.until_event("stream-position", 3)

    events = client.events[client.types.index("stream-topics") :]
    assert [event.type for event in events] == ["stream-topics", *["tile", "stream-position"] * 3]
    assert [int(event.id) for event in events if event.type == "tile"] == positions[1:]
    assert {event.id for event in events if event.type == "stream-position"} == {events[0].id}


async def test_what_is_appended_after_the_change_comes_once_and_after(desk: Desk) -> None:
    show(desk, "a", 1)
    client = await desk.opened(JOB)
    await desk.change(feed(client), add=["tiles"])

    show(desk, "a", 2)
    await client.until_event("tile", 2)

    assert tiles(client) == [1, 2]


async def test_race_what_is_appended_while_they_are_read_comes_once_and_after(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(desk, "a", 1)
    show(desk, "b", 1)
    client = await desk.opened(JOB)
    latest = desk.log.latest

    async def overtaken(topics: Sequence[str]) -> Values:
        values = await latest(topics)
        for number in range(2, 6):
            show(desk, "a", number)
        for _ in range(5):
            await asyncio.sleep(0)
        return values

    monkeypatch.setattr(desk.log, "latest", overtaken)

    await desk.change(feed(client), add=["tiles"])
    show(desk, "b", 9)
    await client.until(lambda: 9 in tiles(client))

    assert tiles(client) == [1, 1, 2, 3, 4, 5, 9]


async def test_a_change_to_a_topic_without_a_policy_brings_none(desk: Desk) -> None:
    desk.log.append([draft("plain", "tile", 1, value_key="a")])
    client = await desk.opened(JOB)

    await desk.change(feed(client), add=["plain"])
    desk.publish("plain", type="last")
    await client.until_event("last")

    assert tiles(client) == []
