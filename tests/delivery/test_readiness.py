"""An instance that cannot hear is not ready, and says why; the process lives all the same."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster import Cluster
from tests.delivery.reader import until


@pytest.fixture
def instance(cluster: Cluster) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cluster.instance_url(1), timeout=5) as client:
        yield client


def ready(client: httpx.Client) -> bool:
    return client.get("/readyz").status_code == 200


async def test_redis_stopped_makes_it_unready_and_redis_back_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.redis.stop()
    try:
        await until(lambda: not ready(instance), "503 while Redis is stopped", deadline_s=10)
        assert "log" in instance.get("/readyz").json()["reasons"][0]
        assert instance.get("/livez").status_code == 200
    finally:
        cluster.redis.start()

    await until(lambda: ready(instance), "200 again", deadline_s=15)


async def test_redis_frozen_makes_it_unready_and_redis_thawed_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.redis.signal(signal.SIGSTOP)
    try:
        await until(lambda: not ready(instance), "503 while Redis is frozen", deadline_s=10)
    finally:
        cluster.redis.signal(signal.SIGCONT)

    await until(lambda: ready(instance), "200 again", deadline_s=15)


async def test_the_database_stopped_makes_it_unready_and_back_makes_it_ready(
    cluster: Cluster, instance: httpx.Client
) -> None:
    cluster.postgres.stop()
    try:
        await until(lambda: not ready(instance), "503 while PostgreSQL is stopped", deadline_s=10)
        assert "database" in instance.get("/readyz").json()["reasons"][0]
    finally:
        cluster.postgres.start()

    await until(lambda: ready(instance), "200 again", deadline_s=15)
