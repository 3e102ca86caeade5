"""One person who takes what there is: of connections, topics, Redis and memory they get a person's share."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.delivery.test_slow_readers import resident
from tests.system.reader import until
from tests.system.rooms.test_fuzz import SHAKE
from tests.unit.hub.rooms.wireframe import frame

SOCKETS = 40
PER_PERSON = 50
GROWTH = 6 * 1024 * 1024  # bytes: a few MB are a process's everyday


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


async def enter(cluster: Cluster, k: int, token: str, room: str = "lobby") -> ClientConnection:
    """A connection that is in the room, or was refused on the open socket."""
    url = f"{cluster.instance_url(k).replace('http', 'ws')}/rooms/{room}/"
    bearer = {"Authorization": f"Bearer {token}"}
    socket = await connect(url, additional_headers=bearer, compression=None, max_queue=None)
    try:
        async with asyncio.timeout(10):
            while json.loads(await socket.recv())["type"] != "live":
                pass
    except ConnectionClosed:
        pass
    return socket


async def leave(sockets: list[ClientConnection]) -> None:
    await asyncio.gather(*(socket.close() for socket in sockets))


async def is_in(cluster: Cluster, k: int, token: str) -> bool:
    socket = await enter(cluster, k, token)
    await socket.close()
    return socket.close_code == 1000


async def feed(cluster: Cluster, k: int, token: str, query: str = "") -> int:
    """The status of a feed that is closed again at once."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{cluster.instance_url(k)}/feed/{query}", headers=bearer) as answer,
    ):
        return answer.status_code


async def test_a_persons_connections_count_over_feeds_and_rooms_of_all_instances(
    cluster: Cluster, site: Site
) -> None:
    token, other = await site.token("alice"), await site.token("bob")
    sockets = [await enter(cluster, 1, token) for _ in range(PER_PERSON)]
    one_more = await enter(cluster, 1, token)

    await until_refused(cluster, 2, token)
    refused, bobs = await is_in(cluster, 2, token), await feed(cluster, 2, other)
    await leave(sockets)
    await until_let_in(cluster, 2, token)

    assert one_more.close_code == 4429
    assert f"{PER_PERSON} connections are open for you" in str(one_more.close_reason)
    assert not refused
    assert bobs == 200


async def until_refused(cluster: Cluster, k: int, token: str) -> None:
    async with asyncio.timeout(20):
        while await feed(cluster, k, token) != 429:
            await asyncio.sleep(0.05)


async def until_let_in(cluster: Cluster, k: int, token: str) -> None:
    async with asyncio.timeout(20):
        while await feed(cluster, k, token) != 200:
            await asyncio.sleep(0.05)


async def test_what_a_person_says_over_many_connections_takes_few_keys_of_redis(
    cluster: Cluster, site: Site
) -> None:
    token = await site.token("carol")
    sockets = [await enter(cluster, k, token, "board") for k in (1, 2) for _ in range(SOCKETS // 2)]
    client = redis.Redis.from_url(cluster.settings["HUB_REDIS_URL"])
    before = set(client.scan_iter())

    async def speak(socket: ClientConnection) -> int:
        for sent in range(1000):
            id = uuid.uuid4().hex
            try:
                await socket.send(json.dumps({"type": "say", "id": id, "body": {"clear": True}}))
            except ConnectionClosed:
                return sent
            await asyncio.sleep(0)
        return 1000

    sent = await asyncio.gather(*(speak(socket) for socket in sockets))
    await leave(sockets)
    new = set(client.scan_iter()) - before

    assert 4429 in {socket.close_code for socket in sockets}
    assert sum(sent) > 100
    assert len(new) < 10, new
    assert all(client.ttl(key) > 0 for key in new)


async def test_a_message_without_end_costs_the_instance_no_memory(cluster: Cluster, site: Site) -> None:
    instance = cluster.instances[0]
    token = await site.token("bob")
    before = 0

    async def endless(part: bytes) -> int | None:
        socket: Any = await enter(cluster, 1, token)
        socket.transport.write(frame(b'"', fin=False))
        for _ in range(100):
            if socket.transport.is_closing():
                break
            socket.transport.write(part * 10_000)
            await asyncio.sleep(0)
        await socket.wait_closed()
        return int(socket.close_code)

    codes = set()
    for times in range(4):
        for part in (
            frame(b"", opcode=0, fin=False),
            frame(b"x", opcode=0, fin=False),
            frame(b"", opcode=9),
            frame(b"", opcode=10),
        ):
            codes.add(await endless(part))
        if not times:
            before = resident(instance.pid)

    assert codes <= {4400, 4429}
    assert resident(instance.pid) - before < GROWTH


async def test_others_are_served_while_one_person_floods(cluster: Cluster, site: Site) -> None:
    token = await site.token("carol")
    healthy = await site.reader("alice", ["job-1"], instance=1)
    text = {"type": "signal", "name": "typing", "body": [{"a": 0}] * 6000}
    large = frame(json.dumps(text, separators=(",", ":")).encode())
    stop = asyncio.Event()

    async def flood() -> None:
        while not stop.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", cluster.ports.instances[0])
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                writer.write(SHAKE.format(token).encode())
                await reader.readuntil(b'{"type":"live"}')
                while not stop.is_set():
                    writer.write(large)
                    await writer.drain()
            writer.close()

    floods = [asyncio.create_task(flood()) for _ in range(20)]
    for number in range(20):
        await site.publish("job-1", number)
    await until(lambda: len(healthy.events("job-1")) == 20, "all events while there is a flood")
    stop.set()
    await asyncio.gather(*floods)

    assert healthy.connects == 1
