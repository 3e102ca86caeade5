"""Feeds that come and go leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from tests.cluster import Cluster
from tests.delivery.conftest import Site
from tests.delivery.reader import until
from tests.delivery.test_slow_readers import metric, resident

ROUND = 1200
AT_ONCE = 50
POOL = 12  # connections to the database that an instance may open yet


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


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


async def test_thousands_of_comings_and_goings_leave_no_memory_descriptor_thread_or_topic(
    cluster: Cluster, site: Site
) -> None:
    instance, port = cluster.instances[0], cluster.ports.instances[0]
    names = [f"churn-{n}" for n in range(500)]
    tokens = [await site.token("alice", [*names[n : n + 50], "churn-all"]) for n in range(0, 500, 50)]
    for _ in range(2):
        await churn(port, tokens)
    await until(lambda: metric(instance.url, "hub_feeds") == 0, "nobody left")
    before = resident(instance.pid), descriptors(instance.pid), threads(instance.pid)

    for _ in range(3):
        await churn(port, tokens)
    await until(lambda: metric(instance.url, "hub_feeds") == 0, "nobody left")
    await until(lambda: metric(instance.url, "hub_topics") == 1, "no topic but the instances' own")

    assert resident(instance.pid) - before[0] < 3 * 1024 * 1024
    assert descriptors(instance.pid) <= before[1] + POOL
    assert threads(instance.pid) <= before[2]
