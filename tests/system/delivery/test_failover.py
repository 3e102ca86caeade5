"""Redis fails over behind an address whose open connections stay with the old master, now a replica."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
import redis

from tests.cluster import Cluster, Ports
from tests.cluster.ports import HOST
from tests.cluster.redis import Redis
from tests.cluster.relay import Relay
from tests.system.conftest import KEY, Site
from tests.system.reader import until

FAILOVER_S = 10.0  # until every instance accepts events again
EVENT = {"topic": "job-1", "type": "progress", "data": 1}


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Relay(0) as relay:
        yield relay


@pytest.fixture(scope="module")
def cluster(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    ports = Ports.free(3)
    relay.target = ports.redis
    url = f"redis://{HOST}:{relay.port}/0"
    with Cluster(
        tmp_path_factory.mktemp("cluster"), 3, ports=ports, extra_env={"HUB_REDIS_URL": url}
    ) as cluster:
        yield cluster


@pytest.fixture
def replica(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One that has all that the master has."""
    folder = tmp_path_factory.mktemp("replica")
    redis.Redis.from_url(cluster.redis.url).config_set("repl-diskless-sync-delay", 0)
    replica = Redis(folder, Ports.free(0).redis, f"replicaof {HOST} {cluster.ports.redis}")
    replica.start()
    replica.wait_ready()
    client = redis.Redis.from_url(replica.url)
    until = time.monotonic() + 20
    while client.info("replication")["master_link_status"] != "up":
        assert time.monotonic() < until, "the replica is not in step"
    yield replica
    replica.stop()


async def test_every_instance_accepts_and_delivers_within_ten_seconds(
    cluster: Cluster, site: Site, relay: Relay, replica: Redis
) -> None:
    readers = [await site.reader("alice", ["job-1"], instance=k) for k in (1, 2, 3)]
    await site.publish("job-1", 0)

    redis.Redis.from_url(replica.url).replicaof("NO", "ONE")
    redis.Redis.from_url(cluster.redis.url).replicaof(HOST, replica.port)
    relay.target = replica.port
    began = time.monotonic()
    await asyncio.gather(*(accepted(instance.url) for instance in cluster.instances))

    assert time.monotonic() - began < FAILOVER_S
    for reader in readers:
        await until(lambda r=reader: len(r.events("job-1")) == 4, "the events of all instances")
        assert reader.ids == sorted(reader.ids)


async def accepted(url: str) -> None:
    """Return once an instance accepts an event; until then it refuses by 503."""
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=url, headers=KEY, timeout=10) as client:
        while (status := (await client.post("/api/v1/events", json=EVENT)).status_code) != 201:
            assert status == 503
            await asyncio.sleep(0.1)
