"""A Redis that is heard and takes no appends: it is named, and left where another may stand in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from hub.log import LogAway
from hub.log.redis import RedisLog
from tests.cluster.ports import HOST, Ports
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, RecordingReceiver, appended

# Error, what an administrator does to Redis, and what they do about it.
REFUSALS = {
    "OOM": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
    "NOPERM": ("ACL SETUSER default -xadd", "ACL SETUSER default +xadd"),
    "NOREPLICAS": ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
    "READONLY": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path, Ports.free(0).redis)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
async def log(server: Redis, receiver: RecordingReceiver) -> AsyncIterator[RedisLog]:
    log = RedisLog(server.url, 100, 3600, "test")
    listening = asyncio.create_task(log.listen(receiver))
    await receiver.until(lambda: receiver.times_restored == 1)
    yield log
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.mark.parametrize("code", REFUSALS)
async def test_what_is_refused_is_named_and_ends_with_its_cause(
    code: str, server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    client: Any = redis.Redis.from_url(server.url)
    refuse, mend = REFUSALS[code]
    assert log.trouble() == ""

    client.execute_command(*refuse.split())
    await receiver.until(lambda: log.trouble() != "")
    assert log.trouble().startswith(f"Redis refuses appends with {code}: ")
    with pytest.raises(LogAway):
        log.append([TICK])

    client.execute_command(*mend.split())
    await receiver.until(lambda: log.trouble() == "")
    await receiver.until(lambda: appended(log))


async def test_a_refused_password_is_named(server: Redis, log: RedisLog, receiver: RecordingReceiver) -> None:
    client: Any = redis.Redis.from_url(server.url)
    client.execute_command("CONFIG", "SET", "requirepass", "another")
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    await receiver.until(lambda: log.trouble() != "")

    assert log.trouble().startswith("Redis refuses appends with WRONGPASS: ")


async def test_while_appends_are_refused_a_new_connection_is_not_relied_on(
    server: Redis, log: RedisLog, receiver: RecordingReceiver
) -> None:
    client: Any = redis.Redis.from_url(server.url)
    client.execute_command("CONFIG", "SET", "maxmemory", "1mb")
    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await receiver.until(lambda: receiver.times_disconnected == 1)
    await receiver.until(lambda: log.trouble() != "")
    assert receiver.times_restored == 1

    client.execute_command("CONFIG", "SET", "maxmemory", "0")

    await receiver.until(lambda: receiver.times_restored == 2)


async def test_a_master_that_became_a_replica_is_left_for_the_new_master(
    server: Redis, tmp_path: Path, receiver: RecordingReceiver
) -> None:
    """Behind an address that goes on leading to it on open connections."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = Redis(folder, Ports.free(0).redis, f"replicaof {HOST} {server.port}")
    other.start()
    other.wait_ready()
    with Relay(server.port) as relay:
        log = RedisLog(f"redis://{HOST}:{relay.port}/0", 100, 3600, "test")
        running = asyncio.create_task(log.listen(receiver))
        await receiver.until(lambda: receiver.times_restored == 1)
        await log.subscribe(["job-1"])
        promoted = redis.Redis.from_url(other.url)
        await receiver.until(lambda: promoted.info("replication")["master_link_status"] == "up")

        promoted.replicaof("NO", "ONE")
        redis.Redis.from_url(server.url).replicaof(HOST, other.port)
        relay.target = other.port

        await receiver.until(lambda: receiver.times_restored == 2)
        (position,) = await asyncio.to_thread(log.append, [TICK])
        await receiver.until(lambda: [event.position for event in receiver.events] == [position])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    other.stop()
