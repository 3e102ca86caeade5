"""Who comes to a group finds what comes after, and what was taken back is found nowhere, on any instance."""

from __future__ import annotations

import contextlib
import signal
from typing import Any

import httpx
import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import Reader, until

JOIN = """
from django.contrib.auth.models import Group, User
group, _ = Group.objects.get_or_create(name={group!r})
user, _ = User.objects.get_or_create(username={user!r})
user.groups.add(group)
"""
LEAVE = """
from django.contrib.auth.models import Group, User
User.objects.get(username={user!r}).groups.remove(Group.objects.get(name={group!r}))
"""


@pytest.fixture
async def feeds(site: Site) -> Any:
    """What a feed gives that resumes from a position on an instance: its text until it is live."""

    async def text(user: str, instance: int, last: str) -> str:
        headers = {"Authorization": f"Bearer {await site.token(user)}", "Last-Event-ID": last}
        url = f"{site.cluster.instance_url(instance)}/feed/"
        said = ""
        async with (
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", url, headers=headers) as feed,
        ):
            async for some in feed.aiter_text():
                said += some
                if "event: stream-live" in said:
                    return said
        return said

    return text


async def titles(site: Site, user: str) -> tuple[list[str], int]:
    """What is in somebody's list, and the number unread."""
    answer = (await site.api.get("/api/v1/notifications", params={"user": user, "limit": 100})).json()
    return [item["title"] for item in answer["items"]], answer["count"]["unread"]


async def test_who_joins_finds_what_comes_after_on_every_instance(
    cluster: Cluster, site: Site, feeds: Any
) -> None:
    cluster.manage("shell", "-v0", "-c", JOIN.format(user="member", group="crew"))
    member = await site.reader("member", instance=1)
    await site.notify(["group:crew", "everyone"], "before they came")
    await until(lambda: len(member.notifications) == 2, "both on a member's feed")

    cluster.manage("shell", "-v0", "-c", JOIN.format(user="newcomer", group="crew"))
    await site.notify(["group:crew", "everyone"], "after they came")
    await until(lambda: len(member.notifications) == 4, "all four on a member's feed")

    for instance in (1, 2, 3):
        for last in ("0", "1", member.received[0][0]):
            said = await feeds("newcomer", instance, last)
            assert said.count("after they came") == 2
            assert "before they came" not in said
    assert await titles(site, "newcomer") == (["after they came"] * 2, 2)


async def test_an_open_feed_goes_on_from_when_they_joined(cluster: Cluster, site: Site) -> None:
    cluster.manage("shell", "-v0", "-c", JOIN.format(user="founder", group="club"))
    reader = await site.reader("bob", instance=2)
    await site.notify("group:club", "before")

    cluster.manage("shell", "-v0", "-c", JOIN.format(user="bob", group="club"))
    await until(lambda: reader.connects == 2 and reader.live, "the feed with the new group")
    (after,) = await site.notify("group:club", "after")
    await until(lambda: bool(reader.notifications), "what came after")

    assert reader.notifications == [after["id"]]


async def test_who_comes_back_begins_anew(cluster: Cluster, site: Site, feeds: Any) -> None:
    cluster.manage("shell", "-v0", "-c", JOIN.format(user="back", group="guild"))
    await site.notify("group:guild", "while they were there")
    cluster.manage("shell", "-v0", "-c", LEAVE.format(user="back", group="guild"))
    await site.notify("group:guild", "while they were away")
    cluster.manage("shell", "-v0", "-c", JOIN.format(user="back", group="guild"))
    await site.notify("group:guild", "since they are back")

    said = await feeds("back", 3, "1")

    assert "while they were" not in said
    assert await titles(site, "back") == (["since they are back"], 1)


async def test_what_is_recalled_is_replayed_by_no_instance(cluster: Cluster, site: Site, feeds: Any) -> None:
    readers = [await site.reader("alice", ["job-1"], instance=k) for k in (1, 2, 3)]
    start = readers[0].received[0][0]
    rows = await site.notify(["user:alice", "everyone"], "salaries", body="by mistake", key="salaries")
    await until(lambda: all(len(reader.notifications) == 2 for reader in readers), "both on every feed")

    for row in rows:
        await site.api.delete(f"/api/v1/notifications/{row['id']}")
    await until(lambda: all(recalled(reader) == 2 for reader in readers), "both recalls on every feed")

    for instance in (1, 2, 3):
        for last in (start, "1", rows[0]["position"], str(int(rows[0]["position"]) - 1)):
            said = await feeds("alice", instance, last)
            assert "salaries" not in said
            assert "by mistake" not in said
            assert last == "1" or "stream-reset" not in said
    assert not any(reader.resets for reader in readers)
    assert "salaries" not in (await titles(site, "alice"))[0]


async def test_what_is_replaced_is_replayed_by_no_instance(site: Site, feeds: Any) -> None:
    reader = await site.reader("bob", instance=1)
    start = reader.received[0][0]
    await site.notify("user:bob", "build 1 is red", key="build")
    await site.notify("user:bob", "build 2 is green", key="build")
    await until(lambda: len(reader.notifications) == 2, "both on an open feed")

    for instance in (1, 2, 3):
        said = await feeds("bob", instance, start)
        assert "build 1 is red" not in said
        assert said.count("build 2 is green") == 1


async def test_what_is_recalled_while_redis_is_away_is_gone_when_it_returns(
    cluster: Cluster, site: Site, feeds: Any
) -> None:
    reader = await site.reader("carol", instance=1)
    start = reader.received[0][0]
    (row,) = await site.notify("user:carol", "too early")
    await until(lambda: bool(reader.notifications), "it on an open feed")

    cluster.redis.signal(signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.redis.signal, signal.SIGCONT)
        answer = await site.api.delete(f"/api/v1/notifications/{row['id']}")
        assert answer.status_code == 200
    await until(lambda: recalled(reader) == 1, "the recall on the open feed")

    for instance in (1, 2, 3):
        assert "too early" not in await feeds("carol", instance, start)


def recalled(reader: Reader) -> int:
    return sum(type == "recalled" for _, type, _ in reader.received)
