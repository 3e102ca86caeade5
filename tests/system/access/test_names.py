"""A group that is renamed loses nothing, and a room made again under a name has nothing, on any instance."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import redis
from websockets.asyncio.client import ClientConnection, connect

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

CHANGE = "from django.contrib.auth.models import Group; from notifications.models import Room; "
DEADLINE_S = 20


async def change(cluster: Cluster, code: str) -> None:
    await asyncio.to_thread(cluster.manage, "shell", "-c", CHANGE + code)


@contextlib.asynccontextmanager
async def member(cluster: Cluster, site: Site, instance: int, user: str) -> AsyncIterator[ClientConnection]:
    url = f"{cluster.instance_url(instance).replace('http', 'ws')}/rooms/den/"
    headers = {"Authorization": f"Bearer {await site.token(user)}"}
    async with connect(url, additional_headers=headers) as socket:
        yield socket


async def receive(socket: ClientConnection, type: str) -> list[dict[str, Any]]:
    """The frames up to the first of this type."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(DEADLINE_S):
        while not frames or frames[-1]["type"] != type:
            frames.append(json.loads(await socket.recv()))
    return frames


async def close_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(DEADLINE_S):
        await socket.wait_closed()
    return socket.close_code


async def make_den(site: Site) -> None:
    answer = await site.api.post("/api/v1/rooms", json={"name": "den", "members": "everyone"})
    assert answer.status_code == 201, answer.text


async def test_an_open_feed_receives_its_group_under_a_new_name(cluster: Cluster, site: Site) -> None:
    readers = [await site.reader("alice", instance=k) for k in range(3)]
    opened = [reader.connects for reader in readers]

    await change(cluster, "Group.objects.filter(name='ops').update(name='operators')")
    try:
        (posted,) = await site.notify("group:operators", "under a new name")
        await until(lambda: all(posted["id"] in reader.notifications for reader in readers), "the news")
    finally:
        await change(cluster, "Group.objects.filter(name='operators').update(name='ops')")

    assert [reader.connects for reader in readers] == opened


async def test_a_room_deleted_closes_everyone_in_it_and_leaves_nothing(cluster: Cluster, site: Site) -> None:
    await make_den(site)
    async with contextlib.AsyncExitStack() as stack:
        inside = [await stack.enter_async_context(member(cluster, site, k, "alice")) for k in range(3)]
        for socket in inside:
            await receive(socket, "live")
        await inside[0].send(json.dumps({"type": "say", "id": "c1", "body": "secret"}))
        await asyncio.gather(*(receive(socket, "said") for socket in inside))

        await change(cluster, "Room.objects.get(name='den').delete()")

        assert await asyncio.gather(*map(close_code, inside)) == [4404, 4404, 4404]
    log = redis.Redis.from_url(cluster.redis.url)
    assert not [key for key in log.scan_iter("hub:*:t:room-*") if b"secret" in str(log.xrange(key)).encode()]

    await make_den(site)
    async with member(cluster, site, 1, "bob") as socket:
        assert [frame["type"] for frame in await receive(socket, "live")] == ["welcome", "live"]
