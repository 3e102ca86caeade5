"""What expires leaves the count of every open feed by itself, and is not sent to those who come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.system.conftest import Site
from tests.system.reader import Reader, until


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def unread(reader: Reader) -> int:
    """What the bell of a page shows."""
    counts = [data for _, type, data in reader.received if type == "count"]
    opened: dict[str, Any] = next(data for _, type, data in reader.received if type == "stream-open")
    latest = counts[-1] if counts else opened["count"]
    return int(latest["unread"])


async def test_it_leaves_the_count_of_every_tab(site: Site) -> None:
    tabs = [await site.reader("alice", instance=k) for k in (1, 2, 3)]
    before = unread(tabs[0])

    await site.notify("user:alice", "gone in four seconds", expires_at=soon(4))
    for tab in tabs:
        await until(lambda tab=tab: unread(tab) == before + 1, "it is counted", 20)

    for tab in tabs:
        await until(lambda tab=tab: unread(tab) == before, "it has left the count", 20)


async def test_no_version_of_a_count_has_two_numbers(site: Site) -> None:
    tabs = [await site.reader("bob", instance=k) for k in (1, 2, 3)]
    seen: dict[int, int] = {}

    for n in range(5):
        await site.notify("user:bob", f"number {n}", expires_at=soon(2 + n))
    await until(lambda: all(unread(tab) == unread(tabs[0]) for tab in tabs), "one number", 20)
    await until(lambda: all(len(counts(tab)) > 5 for tab in tabs), "counts after expiry", 30)

    for tab in tabs:
        for count in counts(tab):
            assert seen.setdefault(count["version"], count["unread"]) == count["unread"]


async def test_it_is_not_replayed_by_any_instance(site: Site) -> None:
    reader = await site.reader("carol", instance=1)
    last, before = reader.last_id, unread(reader)
    await site.notify("user:carol", "expires", expires_at=soon(4))
    await site.notify("user:carol", "stays", expires_at=soon(3600))
    await until(lambda: unread(reader) == before + 2, "both are counted", 20)
    await until(lambda: unread(reader) == before + 1, "one has expired", 20)

    for k in (1, 2, 3):
        replayed = await replay(site, k, last)
        assert '"title":"stays"' in replayed
        assert '"title":"expires"' not in replayed


async def replay(site: Site, instance: int, last: str) -> str:
    """What a feed is sent that resumes from a position, as text."""
    headers = {"Authorization": f"Bearer {await site.token('carol')}", "Last-Event-ID": last}
    url = f"{site.cluster.instance_url(instance)}/feed/"
    text = ""
    async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", url, headers=headers) as feed:
        async for part in feed.aiter_text():
            text += part
            if "event: stream-live" in text:
                break
    return text


def counts(reader: Reader) -> list[dict[str, Any]]:
    return [data for _, type, data in reader.received if type == "count"]
