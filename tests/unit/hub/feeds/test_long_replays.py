"""Of rows only so many are replayed at once: then it is said, and the feed goes on live."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from hub.events import Event, draft
from hub.ports import Recovered, Span
from tests.unit.hub.feeds.conftest import Client, Desk

HOUR = 3600 * 1_000_000


def rows(start: int, many: int, topic: str = "user-1") -> list[Event]:
    return [
        Event(start + n, 0, topic, "notification", draft(topic, "notification", {"id": f"n{n}"}).body)
        for n in range(1, many + 1)
    ]


def received(client: Client) -> list[str]:
    return [event.data["data"]["id"] for event in client.events if event.type == "notification"]


async def test_after_so_many_rows_the_rest_is_announced_and_it_goes_on_live() -> None:
    async with Desk(replay_max=5) as desk:
        start = desk.log.head()
        desk.rows = rows(start, 20)
        desk.log.seen(start + HOUR)
        desk.publish("user-1", {"id": "in the log"}, "notification")

        client = await desk.opened(("last_event_id", str(start)))
        desk.publish("user-1", {"id": "live"}, "notification")
        await client.until(lambda: "live" in received(client))

        assert received(client) == ["n1", "n2", "n3", "n4", "n5", "in the log", "live"]
        (reset,) = [event for event in client.events if event.type == "stream-reset"]
        assert (reset.data["reason"], reset.data["topics"]) == ("long", ["everyone", "user-1"])
        assert client.types.index("stream-reset") < client.types.index("stream-live")


async def test_as_many_as_fit_are_no_reset() -> None:
    async with Desk(replay_max=5) as desk:
        start = desk.log.head()
        desk.rows = rows(start, 5)
        desk.log.seen(start + HOUR)
        desk.publish("user-1", {"id": "in the log"}, "notification")

        client = await desk.opened(("last_event_id", str(start)))

        assert received(client) == ["n1", "n2", "n3", "n4", "n5", "in the log"]
        assert "stream-reset" not in client.types


async def test_a_live_topic_of_the_same_feed_loses_nothing() -> None:
    async with Desk(replay_max=5) as desk:
        start = desk.log.head()
        desk.rows = rows(start - 24 * HOUR, 20)
        desk.publish("job-1", 0)
        for n in range(1, 20):
            desk.publish("job-1", n)

        client = await desk.opened(("topic", "job-1"), ("last_event_id", str(start - 25 * HOUR)))

        assert [e.data["data"] for e in client.events if e.type == "progress"] == list(range(20))


async def test_what_was_not_replayed_is_not_recorded_as_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Desk(replay_max=5) as desk:
        given: list[Span] = []
        monkeypatch.setattr(desk, "feed_caught_up", lambda feed, spans: given.extend(spans))
        start = desk.log.head()
        desk.rows = rows(start, 20)
        desk.log.seen(start + HOUR)
        logged = desk.publish("user-1", {"id": "in the log"}, "notification")

        await desk.opened(("last_event_id", str(start)))

        own = [(span.after, span.upto) for span in given if "user-1" in span.topics]
        assert own == [(start, start + 5), (logged - 1, desk.log.head())]


async def test_one_person_asks_for_rows_once_at_a_time_and_another_need_not_wait() -> None:
    asking: list[int] = []
    at_once = max_at_once = 0
    answer = asyncio.Event()

    async def recover(after: Mapping[str, int], /) -> Recovered:
        nonlocal at_once, max_at_once
        at_once += 1
        max_at_once = max(max_at_once, at_once)
        asking.append(1)
        await answer.wait()
        at_once -= 1
        return Recovered([], False, frozenset())

    async with Desk() as desk:
        desk.recover = recover  # type: ignore[method-assign]
        clients = [
            desk.open(("last_event_id", "1"), headers={"authorization": f"Bearer {name}"})
            for name in ("ann", "ann", "ann", "bob")
        ]
        await clients[0].until(lambda: len(asking) == 2)
        for _ in range(50):
            await asyncio.sleep(0)
        assert max_at_once == 2
        answer.set()
        for client in clients:
            await client.until_event("stream-live")

    assert len(asking) == 4
