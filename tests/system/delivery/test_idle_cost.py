"""An open feed holds no thread and no database connection."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import Reader, until

FEEDS = 500


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def database_connections(cluster: Cluster) -> int:
    return cluster.count(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )


@pytest.mark.postgres
async def test_500_open_feeds_cost_no_thread_and_no_database_connection(cluster: Cluster, site: Site) -> None:
    instance = cluster.instances[0]
    users = ["alice", "bob", "carol", "admin"]
    tokens = [await site.token(user) for user in users]
    warm = await asyncio.gather(*(site.reader(user, instance=1) for user in users * 4))
    await until(lambda: all(reader.live for reader in warm), "the first feeds")
    before = threads(instance.pid), database_connections(cluster)

    readers = [Reader([instance.url], tokens[n % 4]) for n in range(FEEDS)]
    for start in range(0, FEEDS, 50):
        some = readers[start : start + 50]
        site.listening += [asyncio.create_task(reader.listen()) for reader in some]
        await until(lambda s=some: all(reader.live for reader in s), "fifty more feeds")
    await site.notify("everyone", "to all of them")
    await until(lambda: all(reader.notifications for reader in readers), "the notification everywhere")
    after = threads(instance.pid), database_connections(cluster)

    assert after[0] <= before[0] + 1, "threads"
    assert after[1] <= before[1] + 2, "database connections"
