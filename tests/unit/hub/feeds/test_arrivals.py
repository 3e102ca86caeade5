"""What came to a topic before it was somebody's is not replayed to them, from wherever it is replayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hub.events import Event, draft
from tests.unit.hub.feeds.conftest import Client, Desk

SECOND = 1_000_000
HOUR = 3600 * SECOND


def received(client: Client) -> list[str]:
    return [event.data["data"]["id"] for event in client.events if event.type == "notification"]


def sent(desk: Desk, id: str, due: int, topic: str = "everyone") -> int:
    """A notification that was due at a position, published now."""
    at = datetime.fromtimestamp(due / SECOND, UTC)
    return desk.log.append([draft(topic, "notification", {"id": id}, at=at)])[0]


async def from_log(desk: Desk) -> None:
    pass


async def from_memory(desk: Desk) -> None:
    await desk.opened(headers={"authorization": "Bearer ann"})


@pytest.mark.parametrize("begin", [from_log, from_memory])
@pytest.mark.parametrize("last", ["0", "1", ""])
async def test_a_replay_begins_when_they_came(desk: Desk, begin: Callable[..., object], last: str) -> None:
    head = desk.log.head()
    await begin(desk)  # type: ignore[misc]
    desk.since = head + 2 * SECOND
    sent(desk, "before", head + SECOND)
    sent(desk, "after", head + 3 * SECOND)

    client = await desk.opened(("last_event_id", last or str(head)))

    assert received(client) == ["after"]


async def test_what_was_due_before_a_user_joined_is_not_sent_when_it_is_published_later(desk: Desk) -> None:
    start = desk.log.head()
    desk.since = start - HOUR
    sent(desk, "late", desk.since - SECOND)

    client = await desk.opened(("last_event_id", str(start)))

    assert received(client) == []


async def test_a_slow_clock_of_the_log_withholds_nothing(desk: Desk) -> None:
    start = desk.log.head()
    desk.since = start + 20 * SECOND
    position = sent(desk, "after", desk.since + SECOND)

    client = await desk.opened(("last_event_id", str(start)))

    assert position < desk.since
    assert received(client) == ["after"]


@pytest.mark.parametrize(("since", "found"), [(499, ["close"]), (500, ["close"]), (501, [])])
async def test_within_a_millisecond_the_position_decides(desk: Desk, since: int, found: list[str]) -> None:
    start = desk.log.head() // 1000 * 1000
    at = start + 500
    body = draft("user-1", "notification", {"id": "close"}, at=_moment(at)).body
    desk.rows = [Event(at, 0, "user-1", "notification", body)]
    desk.since = start + since
    desk.log.seen(start + HOUR)

    client = await desk.opened(("last_event_id", "1"))

    assert received(client) == found


async def test_rows_are_asked_for_from_when_they_came(desk: Desk) -> None:
    start = desk.log.head()
    desk.since = start + 90 * SECOND
    rows = [(f"n{n}", start + n * SECOND) for n in range(30, 120, 30)]
    desk.rows = [
        Event(
            at, 0, "user-1", "notification", draft("user-1", "notification", {"id": id}, at=_moment(at)).body
        )
        for id, at in rows
    ]
    desk.log.seen(start + HOUR)

    client = await desk.opened(("last_event_id", "1"))

    assert received(client) == ["n90"]
    assert all(after >= desk.since - 60 * SECOND for holes in desk.asked for after in holes.values())


async def test_a_topic_that_is_not_of_an_inbox_is_replayed_whole(desk: Desk) -> None:
    start = desk.publish("job-1", 0)
    desk.publish("job-1", 1)
    desk.since = desk.log.head() + HOUR

    client = await desk.opened(("topic", "job-1"), ("last_event_id", str(start)))

    assert [event.data["data"] for event in client.events if event.type == "progress"] == [1]


async def test_what_comes_from_now_on_is_delivered(desk: Desk) -> None:
    desk.since = desk.log.head()
    client = await desk.opened(("last_event_id", "1"))

    sent(desk, "live", desk.log.head())
    await client.until_event("notification")

    assert received(client) == ["live"]


def _moment(position: int) -> datetime:
    return datetime.fromtimestamp(position / SECOND, UTC)
