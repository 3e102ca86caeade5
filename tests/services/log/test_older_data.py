"""A Redis that comes back with older data: what it lost is a gap, whichever instance reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from hub.log.redis import RedisLog
from tests.cluster.ports import Ports
from tests.cluster.redis import PersistentRedis
from tests.services.log.conftest import append_soon, read_soon, started


@pytest.fixture(params=["RDB", "AOF"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PersistentRedis]:
    with started(PersistentRedis(tmp_path, Ports.free(0).redis, request.param)) as server:
        yield server


@pytest.mark.parametrize("instance", ["new", "listened", "posted"])
@pytest.mark.parametrize("again", ["appends first", "reads first"])
async def test_what_was_lost_is_a_gap_and_its_positions_are_not_assigned_again(
    server: PersistentRedis, make_instance: Callable[[str], RedisLog], instance: str, again: str
) -> None:
    posted, listened = make_instance("posted"), make_instance("listened")
    earlier = await append_soon(posted)
    last = await append_soon(posted)
    server.keep()
    lost = [await append_soon(posted) for _ in range(3)]

    server.cut_power()
    log = {"posted": posted, "listened": listened, "new": make_instance("new")}[instance]
    if again == "appends first":
        assert await append_soon(log) > lost[-1]
    page = await read_soon(log, last, ["job-1", "never-used"])
    page_of_earlier = await read_soon(log, earlier)

    assert page.gaps == {"job-1", "never-used"}
    assert page_of_earlier.gaps == {"job-1"}
    assert page.birth > lost[-1]
    assert await append_soon(log) > lost[-1]


async def test_after_the_gap_the_log_is_complete_again(
    server: PersistentRedis, make_instance: Callable[[str], RedisLog]
) -> None:
    await append_soon(make_instance("posted"))
    server.keep()
    server.cut_power()
    log, other = make_instance("new"), make_instance("newer")
    first = await append_soon(log)
    second = await append_soon(other)

    page = await read_soon(log, first, ["job-1", "never-used"])

    assert [event.position for event in page.events] == [second]
    assert not page.gaps


async def test_positions_are_not_assigned_again_though_the_clock_is_behind_them(
    server: PersistentRedis, make_instance: Callable[[str], RedisLog]
) -> None:
    posted = make_instance("posted")
    hour = 3_600_000_000
    posted.seen(await append_soon(posted) + hour)
    last = await append_soon(posted)
    server.keep()
    lost = [await append_soon(posted) for _ in range(3)]

    server.cut_power()
    log = make_instance("new")

    assert await append_soon(log) > lost[-1]
    assert (await read_soon(log, last)).gaps == {"job-1"}


async def test_a_master_that_was_a_replica_for_a_while_may_have_lost_its_end(
    server: PersistentRedis, make_instance: Callable[[str], RedisLog], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = PersistentRedis(folder, Ports.free(0).redis, "RDB")
    other.start()
    other.wait_ready()
    log = make_instance("posted")
    last = await append_soon(log)
    await replicate(other, server)
    redis.Redis.from_url(other.url).replicaof("NO", "ONE")
    lost = await append_soon(log)
    await replicate(server, other)

    redis.Redis.from_url(server.url).replicaof("NO", "ONE")
    other.stop()

    assert await append_soon(log) > lost
    async with asyncio.timeout(15):
        while (await read_soon(make_instance("new"), last)).gaps != {"job-1"}:
            await asyncio.sleep(0.1)


async def replicate(replica: PersistentRedis, master: PersistentRedis) -> None:
    """Return once the replica has all that the master has, and nothing else."""
    client = redis.Redis.from_url(replica.url)
    client.replicaof("127.0.0.1", master.port)
    async with asyncio.timeout(15):
        while client.info("replication")["master_link_status"] != "up":
            await asyncio.sleep(0.05)
