"""A Redis that is heard and takes no appends: it is named, and left where another may stand in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from hub.events import Draft
from hub.log import LogAway
from hub.log.redis import RedisLog
from tests.cluster.ports import HOST, Ports
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.services.log.conftest import TICK, RecordingReceiver, appended, listening, started

Append = Callable[[RedisLog, list[Draft]], Awaitable[object]]

# Error, what an administrator does to Redis, and what they do about it.
REFUSALS = {
    "OOM": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
    "NOPERM": ("ACL SETUSER default -xadd", "ACL SETUSER default +xadd"),
    "NOREPLICAS": ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
    "READONLY": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
}


@pytest.fixture
async def log(server: Redis, receiver: RecordingReceiver) -> AsyncIterator[RedisLog]:
    log = RedisLog(server.url, 100, 3600, "test")
    async with listening(log, receiver):
        yield log


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


@dataclass
class Failover:
    """A master and its replica, behind an address that goes on leading to the master on open connections."""

    master: Redis
    replica: Redis
    relay: Relay

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.relay.port}/0"

    def swap(self) -> None:
        """Promote the replica, and make a replica of the master."""
        redis.Redis.from_url(self.replica.url).replicaof("NO", "ONE")
        redis.Redis.from_url(self.master.url).replicaof(HOST, self.replica.port)
        self.relay.target = self.replica.port


@pytest.fixture
async def failover(server: Redis, tmp_path: Path, receiver: RecordingReceiver) -> AsyncIterator[Failover]:
    folder = tmp_path / "replica"
    folder.mkdir()
    replica = Redis(folder, Ports.free(0).redis, f"replicaof {HOST} {server.port}")
    redis.Redis.from_url(server.url).config_set("repl-diskless-sync-delay", 0)
    with started(replica), Relay(server.port) as relay:
        client = redis.Redis.from_url(replica.url)
        await receiver.until(lambda: client.info("replication")["master_link_status"] == "up")
        yield Failover(server, replica, relay)


async def test_a_master_that_became_a_replica_is_left_for_the_new_master(
    failover: Failover, receiver: RecordingReceiver
) -> None:
    log = RedisLog(failover.url, 100, 3600, "test")
    async with listening(log, receiver):
        await log.subscribe(["job-1"])

        failover.swap()

        await receiver.until(lambda: receiver.times_restored == 2)
        (position,) = await asyncio.to_thread(log.append, [TICK])
        await receiver.until(lambda: [event.position for event in receiver.events] == [position])


async def test_race_a_connection_in_use_when_the_others_were_dropped_is_left_at_its_next_refusal(
    failover: Failover, receiver: RecordingReceiver
) -> None:
    """As one is for which no probe will be refused any more: here none runs at all."""
    log = RedisLog(failover.url, 100, 3600, "test")
    log.append([TICK])

    failover.swap()

    assert not appended(log)
    await receiver.until(lambda: appended(log))


@pytest.mark.parametrize("append", [RedisLog.append_if, RedisLog.append_grouped])
async def test_race_the_same_holds_for_appends_of_the_event_loop(
    append: Append, failover: Failover, receiver: RecordingReceiver
) -> None:
    log = RedisLog(failover.url, 100, 3600, "test")
    await append(log, [TICK])

    failover.swap()

    assert not await accepted(append, log)
    async with asyncio.timeout(10):
        while not await accepted(append, log):
            await asyncio.sleep(0.05)
    async with listening(log, receiver):  # afterwards its connections are closed
        pass


async def accepted(append: Append, log: RedisLog) -> bool:
    try:
        return bool(await append(log, [TICK]))
    except LogAway:
        return False
