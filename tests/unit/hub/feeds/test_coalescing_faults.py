"""Coalesced topics whose log, policies or readers fail or change while events wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.delivery import coalescer, subscriber
from hub.events import Encoded
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

TWO_MAILBOXES = 66  # events of 2 kB


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


@pytest.mark.usefixtures("never")
async def test_race_a_reader_is_moved_away_while_events_wait_and_is_sent_them_where_it_returns(
    desk: Desk,
) -> None:
    client = await desk.opened(TOKENS)
    start = client.events[0].id

    tell(desk, "tokens", "kept")
    await asyncio.sleep(0)
    await desk.feeds.drain(0)
    await client.until_ended()
    desk.feeds.draining = False
    returned = await desk.opened(TOKENS, ("last_event_id", start))

    assert received(client) == []
    assert await until_received(returned, 1) == ["kept"]


@pytest.mark.usefixtures("soon")
async def test_what_a_heal_reads_from_the_log_is_joined_in_its_place(desk: Desk) -> None:
    client = await desk.opened(TOKENS)

    await desk.log.unsubscribe(["tokens"])
    tell(desk, "tokens", "lost ", "on the way ")
    await desk.log.subscribe(["tokens"])
    tell(desk, "tokens", "arrived")
    await client.until(lambda: "arrived" in "".join(data for _, data in received(client)))

    assert "".join(data for _, data in received(client)) == "lost on the way arrived"


@pytest.mark.usefixtures("soon")
async def test_what_waits_when_the_log_goes_away_is_sent(desk: Desk) -> None:
    client = await desk.opened(TOKENS)

    tell(desk, "tokens", "received")
    await asyncio.sleep(0)
    desk.fanout.disconnected()

    assert await until_received(client, 1) == ["received"]


async def test_what_waits_is_sent_before_a_reset() -> None:
    """A page begins anew with the reset: older texts after it would be its beginning."""
    async with Desk(max_events=2) as desk:
        table.replace(policies(NEVER_MS))
        client = await desk.opened(TOKENS, PLAIN)
        tell(desk, "tokens", "before")
        await asyncio.sleep(0)
        desk.fanout.disconnected()
        await desk.log.unsubscribe(["tokens"])
        tell(desk, "tokens", *"abcd")
        await desk.log.subscribe(["tokens"])
        desk.fanout.restored()
        await client.until_event("stream-reset")
        tell(desk, "plain", "now")
        await until_received(client, 3)

    assert [data for _, data in received(client)] == ["before", "cd", "now"]
    assert [type for type in client.types if type in ("tick", "stream-reset")] == [
        "tick",
        "stream-reset",
        "tick",
        "tick",
    ]


@pytest.mark.usefixtures("never")
async def test_when_a_policy_ends_what_waits_is_sent_and_what_follows_waits_no_more(desk: Desk) -> None:
    client = await desk.opened(TILES)

    tell(desk, "tiles", 1, 2, key="a")
    await asyncio.sleep(0)
    table.replace(())
    tell(desk, "tiles", 3, 4, key="a")

    assert await until_received(client, 3) == [2, 3, 4]


async def test_a_policy_holds_for_feeds_that_are_open(desk: Desk) -> None:
    client = await desk.opened(TILES, PLAIN)
    tell(desk, "tiles", 1, 2, key="a")
    assert await until_received(client, 2) == [1, 2]

    table.replace(policies(NEVER_MS))
    tell(desk, "tiles", 3, 4, key="a")
    tell(desk, "plain", "now")

    assert await until_received(client, 4) == [1, 2, 4, "now"]


@pytest.mark.usefixtures("never")
async def test_a_policy_that_changes_in_another_field_sends_nothing_early(desk: Desk) -> None:
    client = await desk.opened(TILES)

    tell(desk, "tiles", 1, key="a")
    await asyncio.sleep(0)
    table.replace([TopicPolicy("tiles", coalesce_ms=NEVER_MS, coalesce="last", max_events=7)])
    tell(desk, "tiles", 2, key="a")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(client, 1) == [2]


@pytest.mark.usefixtures("never")
async def test_a_reader_that_does_not_read_is_closed_and_no_other() -> None:
    async with Desk(limits={"mailbox_bytes": 10_000}) as desk:
        slow, client = await desk.opened(TILES), await desk.opened(TILES)
        first, second = sorted(desk.feeds.connections, key=lambda feed: feed.number)
        slow.stop_reading()

        for number in range(1, 101):
            tell(desk, "tiles", number, key=f"{number}" + "x" * 150)
            await asyncio.sleep(0)
            desk.fanout.topics.coalescer.flush()
            await until_received(client, number)

        assert (first.closed, second.closed) == ("slow", "")


@pytest.mark.usefixtures("soon")
async def test_a_reader_that_fails_is_closed_and_the_others_are_sent_theirs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, client = await desk.opened(TILES), await desk.opened(TILES)
    first = min(desk.feeds.connections, key=lambda feed: feed.number)
    put = subscriber.Subscriber.put

    def fail(feed: subscriber.Subscriber, encoded: Encoded) -> None:
        if feed is first:
            raise RuntimeError("this one cannot be served")
        put(feed, encoded)

    monkeypatch.setattr(subscriber.Subscriber, "put", fail)
    tell(desk, "tiles", 1, key="a")

    assert await until_received(client, 1) == [1]
    await failing.until_ended()
    assert first.closed == "error"


@pytest.mark.usefixtures("never")
async def test_more_than_may_wait_is_sent_before_its_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescer, "MAX_PENDING_BYTES", 10_000)
    client = await desk.opened(TILES)

    tell(desk, "tiles", *("x" * 1000 for _ in range(10)), key="a")

    await until_received(client, 1)


@pytest.mark.usefixtures("never")
async def test_race_the_last_reader_leaves_while_events_wait_and_nothing_is_left_of_it(desk: Desk) -> None:
    client = await desk.opened(TILES, PLAIN)
    tell(desk, "tiles", 1, key="a")
    await asyncio.sleep(0)

    client.leave()
    await client.until_ended()
    tell(desk, "tiles", 2, key="a")
    tell(desk, "plain", "now")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert len(desk.fanout.topics.coalescer) == 0
    assert not desk.fanout.topics["plain"].flushes_ahead


@pytest.mark.usefixtures("never")
async def test_more_than_a_reader_may_be_sent_at_once_is_sent_before_its_time(desk: Desk) -> None:
    """Its mailbox would overflow with it, and it be closed as slow."""
    client = await desk.opened(TOKENS)
    (feed,) = desk.feeds.connections

    for _ in range(TWO_MAILBOXES):
        tell(desk, "tokens", "x" * 2000)
        await asyncio.sleep(0.001)
    desk.fanout.topics.coalescer.flush()
    await client.until(lambda: sum(len(data) for _, data in received(client)) == 2000 * TWO_MAILBOXES)

    assert not feed.closed


@pytest.mark.usefixtures("never")
async def test_values_that_are_replaced_do_not_count_as_sent_at_once(desk: Desk) -> None:
    client = await desk.opened(TILES)

    tell(desk, "tiles", *(f"{n}" + "x" * 2000 for n in range(TWO_MAILBOXES)), key="a")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()
    await until_received(client, 1)

    assert desk.fanout.topics.deliveries.made == 1


@pytest.mark.usefixtures("never")
async def test_race_the_topics_of_a_feed_change_while_its_events_wait(desk: Desk) -> None:
    client = await desk.opened(TOKENS)
    (feed,) = desk.feeds.connections

    tell(desk, "tokens", "a", "b")
    await asyncio.sleep(0)
    await desk.fanout.prepare(feed, ["tiles"])
    desk.fanout.change(feed, ("tokens", "tiles"))
    assert await until_received(client, 1) == ["ab"]
    tell(desk, "tokens", "c", "d")
    tell(desk, "tiles", 1, 2, key="x")
    await asyncio.sleep(0)
    desk.fanout.change(feed, ("tiles",))
    tell(desk, "tokens", "not its own any more")
    tell(desk, "tiles", 3, 4, key="x")
    await asyncio.sleep(0)
    desk.fanout.topics.coalescer.flush()

    assert await until_received(client, 4) == ["ab", "cd", 2, 4]
