"""Feeds that come and go leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import Counter
from pathlib import Path

from redis import Redis

from hub.conf import HUB_DATABASE_THREADS
from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.delivery.test_slow_readers import metric, resident
from tests.system.reader import until

ROUND = 2000
AT_ONCE = 50


def descriptors(pid: int, database: int) -> Counter[int]:
    """How many are connected to the database's port, whose pool grows when the machine is busy, and under 0
    all others."""
    ports = {}
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports[f"socket:[{fields[9]}]"] = int(fields[2].rpartition(":")[2], 16)
    found: Counter[int] = Counter()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            port = ports.get(os.readlink(one), 0)
            found[port if port == database else 0] += 1
    return found


def threads(pid: int) -> int:
    found = re.search(r"Threads:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


async def come_and_go(port: int, token: str, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    topics = f"own=0&topic=churn-{number % 500}&topic=churn-all"
    writer.write(
        f"GET /feed/?{topics} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    await reader.readuntil(b"stream-live")
    writer.close()


async def churn(port: int, tokens: list[str]) -> None:
    for start in range(0, ROUND, AT_ONCE):
        await asyncio.gather(
            *(come_and_go(port, tokens[n // 50 % len(tokens)], n) for n in range(start, start + AT_ONCE))
        )


async def lose_hearing(cluster: Cluster) -> None:
    """Who is brought in after that reads the log, on connections that the pool keeps: done before they are
    counted, it is as large as it will be."""
    url = cluster.instances[0].url
    await until(lambda: metric(url, "hub_feeds") > 0, "somebody comes")
    with Redis.from_url(cluster.redis.url) as client:
        client.client_kill_filter(_type="pubsub")


async def test_thousands_of_comings_and_goings_leave_no_memory_descriptor_thread_or_topic(
    cluster: Cluster, site: Site
) -> None:
    instance, port = cluster.instances[0], cluster.ports.instances[0]
    database = cluster.ports.postgres
    names = [f"churn-{n}" for n in range(500)]
    tokens = [await site.token("alice", [*names[n : n + 50], "churn-all"]) for n in range(0, 500, 50)]
    for _ in range(2):
        await asyncio.gather(churn(port, tokens), lose_hearing(cluster))
    await until(lambda: metric(instance.url, "hub_feeds") == 0, "nobody left")
    before = resident(instance.pid), descriptors(instance.pid, database), threads(instance.pid)

    for _ in range(3):
        await churn(port, tokens)
    await until(lambda: metric(instance.url, "hub_feeds") == 0, "nobody left")
    await until(lambda: metric(instance.url, "hub_topics") == 1, "no topic but the instances' own")

    assert resident(instance.pid) - before[0] < 3 * 1024 * 1024
    left = descriptors(instance.pid, database)
    assert left[0] <= before[1][0] + 2
    assert left[database] <= before[1][database] + HUB_DATABASE_THREADS
    assert threads(instance.pid) <= before[2]
