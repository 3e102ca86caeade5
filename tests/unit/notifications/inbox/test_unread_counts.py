"""One person whose count cannot be read costs the others no count."""

from __future__ import annotations

import pytest

from hub.support.faults import malformed
from notifications.inbox import unread_counts
from tests.unit.hub.feeds.conftest import Client, Desk


@pytest.fixture
def soon_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_counts, "RETRY_S", 0.01)


async def opened(desk: Desk, name: str) -> Client:
    return await desk.opened(headers={"authorization": f"Bearer {name}"})


async def test_the_others_receive_their_count(desk: Desk) -> None:
    readers = [await opened(desk, f"reader{n}") for n in range(5)]
    desk.uncountable.add("reader2")

    desk.publish("everyone", {"id": "n1"}, "notification")
    for reader in readers[:2] + readers[3:]:
        await reader.until_event("count")

    assert "count" not in readers[2].types


async def test_a_feed_that_opens_with_them_receives_its_count(desk: Desk) -> None:
    desk.uncountable.add("bad")
    clients = [desk.open(headers={"authorization": f"Bearer {name}"}) for name in ("ann", "bad", "bob")]

    for client in clients:
        await client.until_event("stream-live")

    assert [client.events[0].data["count"] is None for client in clients] == [False, True, False]


async def test_their_own_comes_when_it_can_be_read_again(soon_retried: None, desk: Desk) -> None:
    ann, bad = await opened(desk, "ann"), await opened(desk, "bad")
    desk.uncountable.add("bad")
    desk.publish("everyone", {"id": "n1"}, "notification")
    await ann.until_event("count")

    desk.uncountable.clear()
    await bad.until_event("count")

    assert bad.events[-1].data["unread"] == desk.unread


async def test_it_is_counted_and_logged_once_of_each(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    ann, _ = await opened(desk, "ann"), await opened(desk, "wrong")
    desk.uncountable.add("wrong")
    before = malformed.counts["count"]

    for n in range(1, 3):
        desk.publish("everyone", {"id": f"n{n}"}, "notification")
        await ann.until_event("count", n)

    assert malformed.counts["count"] == before + 2
    assert len([record for record in caplog.records if "wrong" in record.getMessage()]) == 1
