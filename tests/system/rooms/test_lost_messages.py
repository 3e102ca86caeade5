"""Redis loses messages that were acknowledged and not copied to rows yet, or drops them for newer ones: a
member who returns is told, on another instance as well."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cluster import Cluster
from tests.system.conftest import Site

DEADLINE_S = 30
MAX_EVENTS = 50  # that the log keeps of the room


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    env = {"HUB_LOG_MAX_EVENTS": str(MAX_EVENTS), "HUB_ROOM_LINES_PER_S": "1000"}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        yield cluster


@pytest.mark.postgres
async def test_a_member_who_returns_on_another_instance_is_reset(cluster: Cluster, site: Site) -> None:
    alice, bob = await site.token("alice", ["room-lobby"]), await site.token("bob", ["room-lobby"])
    async with room(cluster, 1, alice) as socket:
        last = (await said(socket, "kept"))["position"]
        await stored(cluster, "kept")
        cluster.postgres.kill()
        await said(socket, "lost")
        cluster.redis.kill()
        cluster.redis.start()
        cluster.postgres.start()
        await asyncio.to_thread(cluster.postgres.wait_ready)
        for instance in cluster.instances:
            await asyncio.to_thread(instance.wait_ready, 60)
        await said(socket, "after")
        await stored(cluster, "after")

    async with room(cluster, 2, bob, f"?after={last}") as socket:
        frames = socket.frames
    async with room(cluster, 2, bob) as newcomer:
        frames_of_newcomer = newcomer.frames

    assert [frame["type"] for frame in frames if frame["type"] in ("reset", "said")] == ["reset", "said"]
    assert [frame["id"] for frame in frames if frame["type"] == "said"] == ["after"]
    assert "reset" not in [frame["type"] for frame in frames_of_newcomer]


@pytest.mark.postgres
async def test_a_member_who_returns_to_before_what_was_dropped_is_reset(cluster: Cluster, site: Site) -> None:
    alice = await site.token("alice", ["room-ops"])
    async with room(cluster, 1, alice, name="ops") as socket:
        last = (await said(socket, "before"))["position"]
        await stored(cluster, "before")
        cluster.postgres.kill()
        for number in range(MAX_EVENTS + 9):
            await said(socket, f"trimmed-{number}")
        position = (await said(socket, "latest"))["position"]
        await asyncio.to_thread(cluster.postgres.bring_back)

        early = await frames_of_return(cluster, 2, alice, last)
        await stored(cluster, "latest")
    for instance in cluster.instances:
        instance.kill()
        instance.start()
    late = [await frames_of_return(cluster, instance, alice, last) for instance in (1, 2)]
    current = await frames_of_return(cluster, 2, alice, position)

    for frames in (early, *late):
        assert [frame["type"] for frame in frames if frame["type"] in ("reset", "live")] == ["reset", "live"]
        assert [frame["id"] for frame in frames if frame["type"] == "said"][-1] == "latest"
    assert "reset" not in [frame["type"] for frame in current]


async def frames_of_return(cluster: Cluster, instance: int, token: str, after: str) -> list[dict[str, Any]]:
    """What a member is sent who returns to a position, as soon as the instance admits anyone."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with contextlib.suppress(ConnectionClosed, OSError):
                async with room(cluster, instance, token, f"?after={after}", name="ops") as visit:
                    return visit.frames
            await asyncio.sleep(0.02)


class Visit:
    """A connection to the lobby, and the frames that came on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []

    async def until(self, **wanted: str) -> dict[str, Any]:
        """The first frame with these members."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if wanted.items() <= frame.items():
                    return frame


@contextlib.asynccontextmanager
async def room(
    cluster: Cluster, instance: int, token: str, query: str = "", *, name: str = "lobby"
) -> AsyncIterator[Visit]:
    url = cluster.instance_url(instance).replace("http", "ws") + f"/rooms/{name}/{query}"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        visit = Visit(socket)
        await visit.until(type="live")
        yield visit


async def said(visit: Visit, id: str) -> dict[str, Any]:
    """A message that was acknowledged; it is sent again while the log is away."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            await visit.socket.send(json.dumps({"type": "say", "id": id, "body": id}))
            frame = await visit.until(id=id)
            if frame["type"] == "said":
                return frame
            await asyncio.sleep(0.1)


async def stored(cluster: Cluster, id: str) -> None:
    query = f"SELECT count(*) FROM hub_notifications_line WHERE line_id = '{id}'"  # noqa: S608
    async with asyncio.timeout(DEADLINE_S):
        while not await asyncio.to_thread(cluster.count, query):
            await asyncio.sleep(0.1)
