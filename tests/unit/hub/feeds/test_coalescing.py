"""A policy has a topic's events coalesced: what readers are sent in their place, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hub.events import Event, draft
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from tests.unit.hub.feeds.coalesced import (
    NEVER_MS,
    PLAIN,
    SOON_MS,
    TILES,
    TOKENS,
    policies,
    received,
    tell,
    until_received,
)
from tests.unit.hub.feeds.conftest import Desk


@pytest.fixture(autouse=True)
def no_policies_afterwards() -> Iterator[None]:
    yield
    table.replace(())


@pytest.fixture
def soon() -> None:
    table.replace(policies(SOON_MS))


@pytest.fixture
def never() -> None:
    table.replace(policies(NEVER_MS))


@pytest.mark.usefixtures("soon")
async def test_of_each_key_the_last_value_is_sent_by_its_position(desk: Desk) -> None:
    client = await desk.opened(TILES)

    tell(desk, "tiles", 1, 2, key="a")
    (b,) = tell(desk, "tiles", 10, key="b")
    (a,) = tell(desk, "tiles", 3, key="a")
    await until_received(client, 2)

    assert received(client) == [(b, 10), (a, 3)]


@pytest.mark.usefixtures("soon")
async def test_texts_are_joined_and_have_the_position_of_the_last(desk: Desk) -> None:
    client = await desk.opened(TOKENS)

    *_, last = tell(desk, "tokens", "Hol", "i", "day")
    await until_received(client, 1)

    assert received(client) == [(last, "Holiday")]


async def test_what_waits_on_several_topics_is_one_write(desk: Desk) -> None:
    table.replace([TopicPolicy("tile-*", coalesce_ms=SOON_MS, coalesce="last")])
    client = await desk.opened(*(("topic", f"tile-{n}") for n in range(20)))
    writes = client.writes

    for n in range(20):
        tell(desk, f"tile-{n}", 1, 2, key="x")
    await until_received(client, 20)

    assert client.writes == writes + 1
    assert [data for _, data in received(client)] == [2] * 20


@pytest.mark.usefixtures("never")
async def test_an_event_of_another_topic_is_sent_after_what_waits_for_its_reader(desk: Desk) -> None:
    client = await desk.opened(TILES, TOKENS, PLAIN)

    tell(desk, "tiles", 1, 2, key="a")
    tell(desk, "tokens", "x", "y")
    tell(desk, "plain", "now")
    assert await until_received(client, 3) == [2, "xy", "now"]
    tell(desk, "tokens", "z")
    tell(desk, "plain", "again")

    assert (await until_received(client, 5))[3:] == ["z", "again"], "nothing is sent twice"
    assert [id for id, _ in received(client)] == sorted(id for id, _ in received(client))


@pytest.mark.usefixtures("never")
async def test_what_one_reader_is_sent_early_waits_for_the_others(desk: Desk) -> None:
    """Or whoever reads a busy topic, too, would have everyone sent every single event."""
    other = await desk.opened(TILES)
    client = await desk.opened(TILES, PLAIN)

    tell(desk, "tiles", 1, key="a")
    tell(desk, "plain", "now")
    await until_received(client, 2)
    assert not received(other)
    tell(desk, "tiles", 2, key="a")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(other, 1) == [2]
    assert await until_received(client, 3) == [1, "now", 2]


@pytest.mark.usefixtures("never")
async def test_a_newcomer_is_sent_only_what_follows(desk: Desk) -> None:
    first = await desk.opened(TOKENS)
    tell(desk, "tokens", "before ")
    await asyncio.sleep(0)

    newcomer = await desk.opened(TOKENS)
    tell(desk, "tokens", "after")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(first, 1) == ["before after"]
    assert await until_received(newcomer, 1) == ["after"]


@pytest.mark.usefixtures("never")
async def test_race_one_that_returns_while_texts_wait_is_sent_none_twice(desk: Desk) -> None:
    await desk.opened(TOKENS)
    start, *_ = tell(desk, "tokens", "a", "b", "c")
    await asyncio.sleep(0)

    returned = await desk.opened(TOKENS, ("last_event_id", str(start)))
    tell(desk, "tokens", "d", "e")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()
    await until_received(returned, 3)

    assert "".join(data for _, data in received(returned)) == "bcde"


@pytest.mark.usefixtures("never")
async def test_what_expires_replaces_no_value_and_is_not_sent_once_it_has(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await desk.opened(TILES)
    at = datetime.now(UTC)
    later = at + timedelta(minutes=1)

    tell(desk, "tiles", "holds", key="a")
    for data, until in (("expired", at), ("expires", later)):
        desk.log.append([draft("tiles", "tick", data, expires_at=until, value_key="a")])
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(client, 2) == ["holds", "expires"]


@pytest.mark.usefixtures("never")
async def test_what_is_forgotten_while_it_waits_is_not_sent(desk: Desk) -> None:
    client = await desk.opened(TILES)

    tell(desk, "tiles", "holds", "recalled", key="a")
    await asyncio.sleep(0)
    desk.fanout.topics["tiles"].forget(lambda encoded: b"recalled" in encoded.payload)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(client, 1) == ["holds"]


@pytest.mark.usefixtures("never")
async def test_taps_see_every_event_and_what_readers_were_spared_is_counted(desk: Desk) -> None:
    events: list[Event] = []
    desk.fanout.taps.append(events.append)
    clients = [await desk.opened(TILES), await desk.opened(TILES)]

    tell(desk, "tiles", 1, 2, 3, key="a")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()
    for client in clients:
        await until_received(client, 1)

    assert [event.data for event in events if event.topic == "tiles"] == [1, 2, 3]
    deliveries = desk.fanout.topics.deliveries
    assert (deliveries.made, deliveries.spared) == (2, 4)


@pytest.mark.usefixtures("soon")
async def test_a_poll_is_answered_with_what_was_joined(desk: Desk) -> None:
    client = desk.open(TOKENS, ("wait", "60"))
    await client.until(lambda: any(feed.live for feed in desk.feeds.connections))

    tell(desk, "tokens", "a", "b")
    await client.until_ended()
    again = desk.open(TOKENS, ("wait", "1"), ("last_event_id", str(received(client)[-1][0])))
    tell(desk, "tokens", "c")
    await again.until_ended()

    assert [data for _, data in received(client) + received(again)] == ["ab", "c"]


@pytest.mark.usefixtures("never")
async def test_a_poll_that_ends_while_texts_wait_leaves_them_to_the_next(desk: Desk) -> None:
    client = desk.open(TOKENS, ("wait", "1"))
    await client.until(lambda: any(feed.live for feed in desk.feeds.connections))
    tell(desk, "tokens", "a", "b")
    await client.until_ended()
    ids = [event.id for event in client.events if event.id]

    again = desk.open(TOKENS, ("wait", "60"), ("last_event_id", ids[-1]))
    await again.until_ended()

    assert received(client) == []
    assert "".join(data for _, data in received(again)) == "ab"
