"""What has expired before it could be delivered does not come as new on an open feed."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from hub.events import Draft, Event, draft
from tests.unit.hub.feeds.conftest import Client, Desk

HOUR = 3_600_000_000  # microseconds


def note(id: str, seconds: float | None, topic: str = "everyone") -> Draft:
    """A notification that expires in so many seconds."""
    expires_at = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    return draft(topic, "notification", {"id": id}, expires_at=expires_at)


def received(client: Client) -> list[str]:
    return [event.data["data"]["id"] for event in client.events if event.type == "notification"]


@pytest.mark.parametrize("topic", ["everyone", "user-1"])
async def test_from_the_log(desk: Desk, topic: str) -> None:
    client = await desk.opened()
    desk.fanout.disconnected()
    desk.log.append([note("gone", -1, topic), note("stays", 60, topic), note("always", None, topic)])
    desk.fanout.restored()

    await client.until(lambda: "always" in received(client))

    assert received(client) == ["stays", "always"]


async def test_from_rows(desk: Desk) -> None:
    client = await desk.opened()
    start = desk.log.head()
    drafts = [note("gone", -1), note("stays", 60)]
    desk.rows = [Event(start + n, 0, "everyone", one.type, one.body) for n, one in enumerate(drafts, 1)]
    desk.fanout.disconnected()
    desk.log.seen(start + HOUR)
    desk.fanout.restored()

    await client.until(lambda: "stays" in received(client))

    assert received(client) == ["stays"]


async def test_received_while_the_log_was_read(desk: Desk) -> None:
    client = await desk.opened()
    desk.fanout.disconnected()
    desk.log.append([note("gone", -1), note("stays", 60)])
    await asyncio.sleep(0)  # received, and held
    desk.fanout.restored()
    desk.log.append([note("gone", -1), note("later", 60)])

    await client.until(lambda: "later" in received(client))

    assert received(client) == ["stays", "later"]


async def test_received_late(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an instance that stood still."""
    client = await desk.opened()
    now = time.time
    desk.log.append([note("gone", 5), note("stays", 60)])
    monkeypatch.setattr(time, "time", lambda: now() + 10)
    monkeypatch.setattr("hub.events.time.time_ns", lambda: int((now() + 10) * 1e9))

    await client.until(lambda: "stays" in received(client))

    assert received(client) == ["stays"]


async def test_the_feed_goes_on_from_behind_it(desk: Desk) -> None:
    client = await desk.opened()
    desk.fanout.disconnected()
    desk.log.append([note("gone", -1)])
    desk.fanout.restored()
    heals = desk.fanout.heals
    desk.log.append([note("next", 60)])

    await client.until(lambda: "next" in received(client))

    assert "stream-reset" not in client.types
    assert desk.fanout.heals <= heals + 1
    assert desk.fanout.gaps == 0
