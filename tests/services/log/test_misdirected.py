"""HUB_REDIS_URL leads to what is no master of a single Redis: it is named, and left for one that is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from hub.log import LogAway
from hub.log.redis import RedisLog
from hub.ops.health import Health
from tests.cluster.ports import HOST, Ports
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, RecordingReceiver, appended

SLOTS = ("0", "16383")


class Node(Redis):
    """A node of a Redis Cluster."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        folder.mkdir()
        self.bus = ports.http
        super().__init__(folder, ports.redis, "cluster-enabled yes", f"cluster-port {self.bus}")
        self.client: Any = redis.Redis.from_url(self.url)


class Orphan(Redis):
    """A replica whose master is gone, and which answers nothing for that reason."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        super().__init__(folder, port, f"replicaof {HOST} 1", "replica-serve-stale-data no")

    def answers(self) -> bool:
        return self._say(b"PING").startswith(b"-MASTERDOWN")


@contextlib.contextmanager
def running(*servers: Redis) -> Iterator[Redis]:
    """The first of them."""
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_ready()
        yield servers[0]
    finally:
        for server in servers:
            server.stop()


@contextlib.contextmanager
def moved(folder: Path) -> Iterator[Redis]:
    """A node all of whose slots another one has."""
    node, other = Node(folder / "node", Ports.free(0)), Node(folder / "other", Ports.free(0))
    with running(node, other):
        other.client.execute_command("CLUSTER", "ADDSLOTSRANGE", *SLOTS)
        node.client.execute_command("CLUSTER", "MEET", HOST, other.port, other.bus)
        until = time.monotonic() + 20
        while b"cluster_state:ok" not in node.client.execute_command("CLUSTER", "INFO"):
            assert time.monotonic() < until, "the nodes have not met"
        yield node


@contextlib.contextmanager
def without_slots(folder: Path) -> Iterator[Redis]:
    with running(Node(folder / "node", Ports.free(0))) as node:
        yield node


@contextlib.contextmanager
def orphaned(folder: Path) -> Iterator[Redis]:
    with running(Orphan(folder / "orphan", Ports.free(0).redis)) as orphan:
        yield orphan


@pytest.fixture(params=[("MOVED", moved), ("CLUSTERDOWN", without_slots), ("MASTERDOWN", orphaned)])
def wrong(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Redis]]:
    """An error, and a Redis that answers it to appends."""
    code, server = request.param
    with server(tmp_path) as it:
        yield code, it


@pytest.fixture
async def log(relay: Relay, receiver: RecordingReceiver) -> AsyncIterator[RedisLog]:
    log = RedisLog(f"redis://{HOST}:{relay.port}/0", 100, 3600, "test")
    listening = asyncio.create_task(log.listen(receiver))
    yield log
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
def relay(wrong: tuple[str, Redis]) -> Iterator[Relay]:
    with Relay(wrong[1].port) as relay:
        yield relay


async def test_it_is_named_by_readyz_and_left_when_the_address_leads_elsewhere(
    wrong: tuple[str, Redis], relay: Relay, log: RedisLog, receiver: RecordingReceiver, redis_server: Redis
) -> None:
    code, _ = wrong
    await receiver.until(lambda: log.trouble() != "")

    for append in (lambda: asyncio.to_thread(log.append, [TICK]), lambda: log.append_if([TICK])):
        with pytest.raises(LogAway):
            await append()
    status, reasons = await readyz(log)
    assert status == 503
    assert reasons == [f"log: {log.trouble()}"]
    assert log.trouble().startswith(f"Redis refuses appends with {code}: ")
    assert "HUB_REDIS_URL" in log.trouble()

    relay.target = redis_server.port
    await receiver.until(lambda: receiver.times_restored == 1)
    assert await readyz(log) == (200, [])
    await receiver.until(lambda: appended(log))


async def readyz(log: RedisLog) -> tuple[int, list[str]]:
    """The status of an instance with nothing wrong but this log, and the reasons."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def no_trouble() -> str:
        return ""

    feeds: Any = SimpleNamespace(draining=False)
    fanout: Any = SimpleNamespace(live=True)
    await Health(log, feeds=feeds, fanout=fanout, check_database=no_trouble).ready(send)
    start, body = sent
    return start["status"], json.loads(body["body"])["reasons"]
