"""A Redis that comes back with older data: what it lost is a gap, whichever instance reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis

from hub.events import Draft
from hub.log import LogAway, Page
from hub.log.redis import RedisLog
from tests.cluster.ports import Ports
from tests.cluster.redis import PersistentRedis
from tests.services.log.conftest import RecordingReceiver

TICK = Draft("job-1", "tick", b"{}")


@pytest.fixture(params=["RDB", "AOF"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PersistentRedis]:
    server = PersistentRedis(tmp_path, Ports.free(0).redis, request.param)
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
async def make(server: PersistentRedis) -> AsyncIterator[Callable[[str], RedisLog]]:
    """Make the log of an instance that is subscribed."""
    listening: list[asyncio.Task[None]] = []

    def make(name: str) -> RedisLog:
        log = RedisLog(server.url, 100, 3600, name)
        listening.append(asyncio.create_task(log.listen(RecordingReceiver())))
        return log

    yield make
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


@pytest.mark.parametrize("instance", ["new", "listened", "posted"])
@pytest.mark.parametrize("again", ["appends first", "reads first"])
async def test_what_was_lost_is_a_gap_and_its_positions_are_not_assigned_again(
    server: PersistentRedis, make: Callable[[str], RedisLog], instance: str, again: str
) -> None:
    posted, listened = make("posted"), make("listened")
    earlier = await appended(posted)
    last = await appended(posted)
    server.keep()
    lost = [await appended(posted) for _ in range(3)]

    server.cut_power()
    log = {"posted": posted, "listened": listened, "new": make("new")}[instance]
    if again == "appends first":
        assert await appended(log) > lost[-1]
    page = await read(log, {"job-1": last, "never-used": last})
    page_of_earlier = await read(log, {"job-1": earlier})

    assert page.gaps == {"job-1", "never-used"}
    assert page_of_earlier.gaps == {"job-1"}
    assert page.birth > lost[-1]
    assert await appended(log) > lost[-1]


async def test_after_the_gap_the_log_is_complete_again(
    server: PersistentRedis, make: Callable[[str], RedisLog]
) -> None:
    await appended(make("posted"))
    server.keep()
    server.cut_power()
    log, other = make("new"), make("newer")
    first = await appended(log)
    second = await appended(other)

    page = await read(log, {"job-1": first, "never-used": first})

    assert [event.position for event in page.events] == [second]
    assert not page.gaps


async def test_positions_are_not_assigned_again_though_the_clock_is_behind_them(
    server: PersistentRedis, make: Callable[[str], RedisLog]
) -> None:
    posted = make("posted")
    hour = 3_600_000_000
    posted.seen(await appended(posted) + hour)
    last = await appended(posted)
    server.keep()
    lost = [await appended(posted) for _ in range(3)]

    server.cut_power()
    log = make("new")

    assert await appended(log) > lost[-1]
    assert (await read(log, {"job-1": last})).gaps == {"job-1"}


async def test_a_master_that_was_a_replica_for_a_while_may_have_lost_its_end(
    server: PersistentRedis, make: Callable[[str], RedisLog], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = PersistentRedis(folder, Ports.free(0).redis, "RDB")
    other.start()
    other.wait_ready()
    log = make("posted")
    last = await appended(log)
    await replicate(other, server)
    redis.Redis.from_url(other.url).replicaof("NO", "ONE")
    lost = await appended(log)
    await replicate(server, other)

    redis.Redis.from_url(server.url).replicaof("NO", "ONE")
    other.stop()

    assert await appended(log) > lost
    async with asyncio.timeout(15):
        while (await read(make("new"), {"job-1": last})).gaps != {"job-1"}:
            await asyncio.sleep(0.1)


async def replicate(replica: PersistentRedis, master: PersistentRedis) -> None:
    """Return once the replica has all that the master has, and nothing else."""
    client = redis.Redis.from_url(replica.url)
    client.replicaof("127.0.0.1", master.port)
    async with asyncio.timeout(15):
        while client.info("replication")["master_link_status"] != "up":
            await asyncio.sleep(0.05)


async def appended(log: RedisLog) -> int:
    """Where an event stands that is appended as soon as it can be."""
    async with asyncio.timeout(15):
        while True:
            try:
                return log.append([TICK])[0]
            except LogAway:
                await asyncio.sleep(0.05)


async def read(log: RedisLog, after: dict[str, int]) -> Page:
    async with asyncio.timeout(15):
        while True:
            try:
                return await log.read(after)
            except LogAway:
                await asyncio.sleep(0.05)
